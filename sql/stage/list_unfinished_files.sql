-- Returns: for each table of a source, the files that a load did not get to its end with.
select
    raw_files.table_name,
    array_agg(raw_files.file_id order by raw_files.file_id) as file_ids
from ops.raw_files
where
    raw_files.source = $1
    and raw_files.state = 'loading'
group by raw_files.table_name
order by raw_files.table_name;
