-- Grain: one row per version of a file.
-- Writes: ops.raw_files. Rerunnable: the same counts again.
update ops.raw_files
set
    rows_read = $2,
    rows_loaded = $3,
    rows_rejected = $4
where file_id = $1;
