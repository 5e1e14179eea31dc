-- Grain: one row per open entry of quarantine with this key, the newest first.
-- Reads: ops.quarantine. Writes: nothing. $1 key as quality writes it.
-- Rerunnable: reads only. No value of a row is read.
select
    entries.quarantine_id,
    entries.dataset,
    entries.rules
from ops.quarantine as entries
where
    entries.status = 'open'
    and entries.natural_key in ($1, split_part($1, '/', 1))
order by entries.quarantine_id desc
limit 5
