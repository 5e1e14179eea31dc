-- Grain: one row per entry of quarantine that was about a row, by its key or its place in a file.
-- Reads: ops.quarantine, ops.batches. Writes: nothing.
-- $1 source, $2 dataset, $3 keys as quality writes them, $4 path, $5 line.
-- Rerunnable: reads only. No value of a row is read.
select
    entries.quarantine_id,
    entries.batch_id,
    entries.dataset,
    entries.stage,
    entries.rules,
    entries.severity,
    entries.status,
    entries.resolved_by,
    entries.first_seen_at,
    entries.last_seen_at,
    batches.run_id
from ops.quarantine as entries
inner join ops.batches
    on entries.batch_id = batches.batch_id
where
    entries.source = $1
    and (
        (entries.dataset = $2 and entries.natural_key = any($3))
        or (entries.source_file = $4 and entries.source_line = $5)
    )
order by entries.quarantine_id
limit 50
