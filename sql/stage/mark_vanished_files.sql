-- Grain: one row per version of a file that is no longer in its snapshot.
-- Writes: ops.raw_files. Rerunnable: a file that is known to be gone stays so. Batch $4 noticed it;
-- it is known when that batch is published.
update ops.raw_files
set vanished_batch_id = $4
where
    source = $1
    and table_name = $2
    and state = 'loaded'
    and not exists (
        select 1
        from ops.batches
        where
            batches.batch_id = raw_files.vanished_batch_id
            and batches.state = 'published'
    )
    and not path = any($3);
