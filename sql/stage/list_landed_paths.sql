-- Returns: each path of a table with the state of its latest version that was not abandoned, where
-- landing may hold rows of it: published, or staged by a batch that was never published. A version
-- that was abandoned before it took the place of another leaves the other one where it is.
select distinct on (raw_files.path)
    raw_files.path,
    raw_files.state
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
order by
    raw_files.path asc,
    raw_files.file_id desc;
