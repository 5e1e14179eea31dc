-- Grain: one row per version of a raw file that a traced row names.
-- Reads: ops.raw_files. Writes: nothing. $1 versions of files.
-- Returns: what is known of the file, which version of it this is, and its table in landing.
-- Rerunnable: reads only.
select
    files.file_id,
    files.batch_id,
    files.source,
    files.table_name,
    files.path,
    files.content_sha256,
    files.state,
    files.loaded_at,
    (
        select count(*)
        from ops.raw_files as versions
        where
            versions.source = files.source
            and versions.table_name = files.table_name
            and versions.path = files.path
            and versions.file_id <= files.file_id
    ) as version_number,
    case
        when
            pg_catalog.to_regclass(
                'landing.' || files.source || '__' || files.table_name
            ) is not null
            then files.source || '__' || files.table_name
    end as landing_table
from ops.raw_files as files
where files.file_id = any($1)
order by files.file_id
