-- Grain: one row per staged payment that is dated before its order.
-- Reads: staging.payments, staging.transactions, ops.rejections, production.transactions.
--     Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
with

arrived as (

    select
        staged.transaction_id,
        staged.transaction_at
    from staging.transactions as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

)

select staged.row_id
from staging.payments as staged
left join arrived
    on staged.transaction_id = arrived.transaction_id
left join production.transactions as known
    on
        known.source = $2
        and staged.transaction_id = known.transaction_id
        and not known.is_deleted
left join ops.rejections as rejection
    on
        rejection.batch_id = $1
        and rejection.dataset = 'payments'
        and staged.row_id = rejection.row_id
        and rejection.verdict <> 'warned'
where
    staged.batch_id = $1
    and staged.paid_at < coalesce(arrived.transaction_at, known.transaction_at)
    and rejection.row_id is null
