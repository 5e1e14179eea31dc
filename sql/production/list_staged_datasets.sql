-- Grain: one row per dataset that the batch staged.
-- Reads: ops.ledger. Writes: nothing. Returns: the datasets.
select ledger.dataset
from ops.ledger as ledger
where
    ledger.batch_id = $1
    and ledger.layer = 'staging'
order by ledger.dataset;
