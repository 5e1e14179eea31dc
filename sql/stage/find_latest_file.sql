-- Returns: the latest version of one raw file, if it was ever read.
select
    file_id,
    state,
    content_sha256,
    config_sha256
from ops.raw_files
where
    source = $1
    and table_name = $2
    and path = $3
order by file_id desc
limit 1;
