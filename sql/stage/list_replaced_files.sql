-- Returns: versions of a table's files whose rows landing may still hold and must not: older ones
-- of the paths $3 and, of a snapshot ($5), all of paths that are not among $4. $6 are new versions.
-- The newest version of a path that was published or staged is the one that holds its rows.
with

latest as (

    select distinct on (raw_files.path)
        raw_files.file_id,
        raw_files.path
    from ops.raw_files
    where
        raw_files.source = $1
        and raw_files.table_name = $2
        and raw_files.state <> 'abandoned'
        and not raw_files.file_id = any($6)
    order by
        raw_files.path asc,
        raw_files.file_id desc

)

select latest.file_id
from latest
where
    latest.path = any($3)
    or ($5 and not latest.path = any($4))
order by latest.file_id;
