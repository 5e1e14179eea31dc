-- Grain: one row per dataset of the batch in which rows of one key were rivals.
-- Reads: ops.ledger. Writes: nothing. Returns: the datasets.
select ledger.dataset
from ops.ledger as ledger
where
    ledger.batch_id = $1
    and ledger.layer = 'staging'
    and ledger.rows_superseded > 0
order by ledger.dataset;
