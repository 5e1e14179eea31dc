-- Returns: rejected records in the latest versions of the files of some of a source's tables.
with

latest as (

    select distinct on (raw_files.table_name, raw_files.path)
        raw_files.rows_rejected,
        raw_files.state,
        exists(
            select 1
            from ops.batches
            where
                batches.batch_id = raw_files.vanished_batch_id
                and batches.state = 'published'
        ) as has_vanished
    from ops.raw_files
    where
        raw_files.source = $1
        and raw_files.table_name = any($2)
    order by
        raw_files.table_name asc,
        raw_files.path asc,
        raw_files.file_id desc

)

select coalesce(sum(latest.rows_rejected), 0)::bigint as row_count
from latest
where
    latest.state in ('loaded', 'staged')
    and not latest.has_vanished;
