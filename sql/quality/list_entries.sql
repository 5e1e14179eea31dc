-- Grain: one row per entry of quarantine, the newest first.
-- Reads: ops.quarantine. Writes: nothing. Rerunnable: reads only.
-- $1 sources, $2 dataset, $3 rule, $4 status (null: any), $5 most rows.
-- No value of a row is read, but its key.
select
    entry.quarantine_id,
    entry.batch_id,
    entry.source,
    entry.dataset,
    entry.natural_key,
    entry.source_file,
    entry.source_line,
    entry.rules,
    entry.caused_by,
    entry.attempts,
    entry.status,
    entry.first_seen_at
from ops.quarantine as entry
where
    ($1::text[] is null or entry.source = any($1::text[]))
    and ($2::text is null or entry.dataset = $2)
    and ($3::text is null or $3 = any(entry.rules))
    and ($4::text is null or entry.status = $4)
order by entry.quarantine_id desc
limit $5
