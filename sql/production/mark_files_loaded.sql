-- Grain: one row per raw file of the batch.
-- Reads: ops.raw_files. Writes: ops.raw_files, in the transaction that publishes the batch.
-- Rerunnable: a file that is loaded stays so.
update ops.raw_files
set
    state = 'loaded',
    loaded_at = $2
where
    batch_id = $1
    and state = 'staged';
