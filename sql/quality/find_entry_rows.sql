-- Grain: one row per entry of quarantine: the row itself, for a steward's eyes.
-- Reads: ops.quarantine. Writes: nothing. Rerunnable: reads only. $1 entries.
select
    entry.quarantine_id,
    entry.payload,
    entry.raw
from ops.quarantine as entry
where entry.quarantine_id = any($1)
order by entry.quarantine_id
