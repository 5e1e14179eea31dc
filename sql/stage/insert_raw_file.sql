-- Grain: one row per version of a file. Returns: its number.
-- Writes: ops.raw_files. Its counts follow when it was read.
insert into ops.raw_files (
    batch_id,
    source,
    table_name,
    path,
    content_sha256,
    config_sha256,
    bytes,
    modified_at,
    business_date,
    rows_read,
    rows_loaded,
    rows_rejected,
    state
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 'loading')
returning file_id;
