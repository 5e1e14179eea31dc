-- Grain: one row per staged shipment that was handed over before anything was paid.
-- Reads: staging.shipments, staging.payments, staging.transactions, ops.rejections,
--     production.payments, production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- What is paid on delivery, or on an invoice, is paid later; so is what goes back.
with

parcels as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.shipped_at
    from staging.shipments as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'shipments'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and staged.shipped_at is not null
        and rejection.row_id is null

),

payments as (

    select
        staged.transaction_id,
        production.is_due_later(staged.payment_method) as is_due_later,
        staged.amount,
        staged.paid_at
    from staging.payments as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'payments'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        and coalesce(rejection.verdict, 'warned') = 'warned'
        -- A date that is wrong by itself says nothing of others.
        and not coalesce(rejection.rules, '{}') && array['payments.paid_at.not_in_future']

    union all

    select
        known.transaction_id,
        production.is_due_later(known.payment_method) as is_due_later,
        known.amount,
        known.paid_at
    from parcels
    inner join production.payments as known
        on
            known.source = $2
            and parcels.transaction_id = known.transaction_id
            and not known.is_deleted

),

first_payments as (

    select
        payments.transaction_id,
        min(payments.paid_at) as paid_at
    from payments
    where payments.amount > 0
    group by payments.transaction_id
    having not bool_or(payments.is_due_later)

),

early as materialized (

    select
        parcels.row_id,
        parcels.transaction_id
    from parcels
    inner join first_payments
        on parcels.transaction_id = first_payments.transaction_id
    where parcels.shipped_at < first_payments.paid_at

),

headers as (

    -- A part that is paid by gift card does not say how the rest is paid; the order does.
    select
        early.row_id,
        coalesce(staged.payment_method, known.payment_method) as payment_method
    from early
    left join staging.transactions as staged
        on
            staged.batch_id = $1
            and early.transaction_id = staged.transaction_id
    left join production.transactions as known
        on
            known.source = $2
            and early.transaction_id = known.transaction_id

)

select headers.row_id
from headers
group by headers.row_id
having
    not bool_or(production.is_due_later(headers.payment_method))
