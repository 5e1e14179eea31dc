-- Grain: one row per dataset of the batch that has rows from quarantine.
-- Reads: ops.ledger. Writes: nothing. Rerunnable: reads only. $1 batch.
select
    entry.dataset,
    entry.rows_replayed
from ops.ledger as entry
where
    entry.batch_id = $1
    and entry.layer = 'staging'
    and entry.rows_replayed > 0
order by entry.dataset
