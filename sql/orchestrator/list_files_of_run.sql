-- Grain: one row per raw file that the batches of a run read, at most $2.
-- Reads: ops.raw_files, ops.batches. Writes: nothing. $1 run. Rerunnable: reads only.
select
    files.source,
    files.path,
    files.rows_read,
    files.bytes,
    count(*) over () as file_count
from ops.raw_files as files
inner join ops.batches
    on files.batch_id = batches.batch_id
where batches.run_id = $1
order by
    files.source,
    files.path
limit $2
