-- Grain: one row per file that was read for a batch that never got published.
-- Writes: ops.raw_files. Rerunnable: an abandoned file stays abandoned.
update ops.raw_files
set state = 'abandoned'
where
    source = $1
    and state = 'staged';
