-- Returns: the latest version of one raw file, if it was ever read, and the first version that
-- there was.
select
    raw_files.state,
    exists(
        select 1
        from ops.batches
        where
            batches.batch_id = raw_files.vanished_batch_id
            and batches.state = 'published'
    ) as has_vanished,
    raw_files.content_sha256,
    raw_files.config_sha256,
    min(raw_files.file_id) over () as first_file_id
from ops.raw_files
where
    raw_files.source = $1
    and raw_files.table_name = $2
    and raw_files.path = $3
order by raw_files.file_id desc
limit 1;
