-- Returns: versions of a table's files whose rows a batch takes the place of: the latest others of
-- the paths $3 than its own versions $5, and those of paths that are gone, where $4 lists the paths
-- that are there. Older versions than the latest lost their rows when that one came.
with

latest as (

    select distinct on (raw_files.path)
        raw_files.file_id,
        raw_files.path
    from ops.raw_files
    where
        raw_files.source = $1
        and raw_files.table_name = $2
        and raw_files.state in ('loaded', 'staged')
        and not exists (
            select 1
            from ops.batches
            where
                batches.batch_id = raw_files.vanished_batch_id
                and batches.state = 'published'
        )
        and not raw_files.file_id = any($5)
    order by
        raw_files.path asc,
        raw_files.file_id desc

)

select latest.file_id
from latest
where
    latest.path = any($3)
    or not latest.path = any($4)
order by latest.file_id;
