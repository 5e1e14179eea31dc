-- Grain: one row per entry of quarantine. Reads: ops.quarantine, ops.batches. Writes: nothing.
-- Rerunnable: reads only. $1 entries.
-- No value of a row is read, but its key.
select
    entry.quarantine_id,
    entry.batch_id,
    entry.source,
    entry.dataset,
    entry.natural_key,
    entry.source_file,
    entry.source_line,
    entry.stage,
    entry.rules,
    entry.severity,
    entry.caused_by,
    entry.first_seen_at,
    entry.last_seen_at,
    entry.attempts,
    entry.status,
    entry.resolved_by,
    entry.previous_id,
    brought.state as batch_state
from ops.quarantine as entry
inner join ops.batches as brought
    on entry.batch_id = brought.batch_id
where entry.quarantine_id = any($1)
order by entry.quarantine_id
