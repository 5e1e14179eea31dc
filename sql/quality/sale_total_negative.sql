-- Grain: one row per staged order whose total is negative although nothing was returned.
-- Reads: staging.transactions, staging.transaction_items. Writes: nothing.
-- Rerunnable: reads only. $1 batch.
select staged.row_id
from staging.transactions as staged
where
    staged.batch_id = $1
    and staged.total_amount < 0
    -- Of an order that came back in part, the lines say so.
    and not production.is_returned(staged.status)
    and not exists (
        select 1
        from staging.transaction_items as item
        where
            item.batch_id = $1
            and item.transaction_id = staged.transaction_id
            and item.quantity < 0
    )
