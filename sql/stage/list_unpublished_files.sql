-- Returns: for each table of a source, the versions of its files that a batch staged and that were
-- never published: nothing may be made of their rows any more.
select
    raw_files.table_name,
    array_agg(raw_files.file_id order by raw_files.file_id) as file_ids
from ops.raw_files
where
    raw_files.source = $1
    and raw_files.state = 'staged'
group by raw_files.table_name
order by raw_files.table_name;
