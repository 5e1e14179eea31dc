-- Grain: one row per version of a table's files that was published, when its landing table is made
-- anew: all of its files must come again, also when this batch fails.
-- Writes: ops.raw_files. Rerunnable: an abandoned file stays abandoned.
update ops.raw_files
set state = 'abandoned'
where
    source = $1
    and table_name = $2
    and state = 'loaded';
