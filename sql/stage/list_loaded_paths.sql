-- Returns: the paths of which the latest published batch of a table holds rows.
-- A later version of the same path takes the place of an earlier one; the path stays in the list
-- until a batch is published that was read without it.
select distinct raw_files.path
from ops.raw_files
where
    raw_files.source = $1
    and raw_files.table_name = $2
    and raw_files.state = 'loaded'
order by raw_files.path;
