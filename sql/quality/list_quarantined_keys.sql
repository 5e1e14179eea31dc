-- Grain: one row per quarantined row of the batch that breaks the rule; keys and places only.
-- Reads: ops.quarantine. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 dataset, $3 rule, $4 most rows.
select
    entry.natural_key,
    entry.source_file || coalesce(':' || entry.source_line, '') as place
from ops.quarantine as entry
where
    entry.batch_id = $1
    and entry.dataset = $2
    and entry.stage = 'quality'
    and $3 = any(entry.rules)
order by entry.record_number, entry.quarantine_id
limit $4
