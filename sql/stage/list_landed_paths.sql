-- Returns: each path of a table with the state of its latest version, where landing may hold rows
-- of it: published, or staged by a batch that was never published. An abandoned version holds none.
with

latest as (

    select distinct on (raw_files.path)
        raw_files.path,
        raw_files.state
    from ops.raw_files
    where
        raw_files.source = $1
        and raw_files.table_name = $2
    order by
        raw_files.path asc,
        raw_files.file_id desc

)

select
    latest.path,
    latest.state
from latest
where latest.state in ('loaded', 'staged')
order by latest.path;
