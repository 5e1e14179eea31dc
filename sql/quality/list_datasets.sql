-- Grain: one row per entity that the batch staged.
-- Reads: ops.ledger. Writes: nothing.
-- Rerunnable: reads only. $1 batch.
select
    ledger.dataset,
    coalesce(ledger.rows_staged, 0) as rows_staged,
    ledger.is_whole,
    ledger.rows_replayed
from ops.ledger as ledger
where
    ledger.batch_id = $1
    and ledger.layer = 'staging'
order by ledger.dataset
