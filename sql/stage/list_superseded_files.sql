-- Returns: versions of a table's files whose rows a batch takes the place of: all others of the
-- paths $3 than its own versions $5, and all of paths that are gone, where $4 lists the paths that
-- are there.
select raw_files.file_id
from ops.raw_files
where
    raw_files.source = $1
    and raw_files.table_name = $2
    and not raw_files.file_id = any($5)
    and (raw_files.path = any($3) or not raw_files.path = any($4))
order by raw_files.file_id;
