-- Returns: for each table of a source, the latest versions of its files that were abandoned. Older
-- versions lost their rows when a later one came.
with

latest as (

    select distinct on (raw_files.table_name, raw_files.path)
        raw_files.table_name,
        raw_files.file_id,
        raw_files.state
    from ops.raw_files
    where raw_files.source = $1
    order by
        raw_files.table_name asc,
        raw_files.path asc,
        raw_files.file_id desc

)

select
    latest.table_name,
    array_agg(latest.file_id) as file_ids
from latest
where latest.state = 'abandoned'
group by latest.table_name
order by latest.table_name;
