-- Grain: one row per version of a file that is no longer in its snapshot.
-- Writes: ops.raw_files. Rerunnable: an abandoned file stays abandoned.
update ops.raw_files
set state = 'abandoned'
where
    source = $1
    and table_name = $2
    and state = 'loaded'
    and not path = any($3);
