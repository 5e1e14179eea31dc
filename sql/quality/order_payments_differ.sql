-- Grain: one row per staged order that comes without a payment and whose payments in production are
--     not its total, within 0.01; none at all is nothing.
-- Reads: staging.transactions, staging.payments, staging.retailers, ops.rejections, ops.quarantine,
--     production.payments, production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Orders that come with payments are payments_total_differs' business, and which payments are made,
-- and which orders may be unpaid, is as it is there.
with

payment_source as (

    -- A source that brings no payments cannot be asked for them.
    select
        exists (
            select 1
            from staging.payments as staged
            where staged.batch_id = $1
        )
        or exists (
            select 1
            from production.payments as known
            where known.source = $2
        ) as brings_payments

),

lonely as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.total_amount,
        staged.updated_at,
        not production.is_counted(staged.status, retailer.counted_statuses)
        or production.is_returned(staged.status)
        or production.is_unpaid_yet(staged.status, staged.payment_method) as is_open
    from staging.transactions as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    left join staging.retailers as retailer
        on retailer.batch_id = $1
    where
        staged.batch_id = $1
        and staged.transaction_id is not null
        and rejection.row_id is null
        and not exists (
            select 1
            from staging.payments as payment
            where
                payment.batch_id = $1
                and payment.transaction_id = staged.transaction_id
        )

),

paid as (

    select
        lonely.row_id,
        sum(known.amount) as paid_amount
    from lonely
    inner join production.payments as known
        on
            known.source = $2
            and lonely.transaction_id = known.transaction_id
            and not known.is_deleted
    where
        production.is_payment_made(known.status)
    group by lonely.row_id

),

weighed as (

    select
        lonely.*,
        coalesce(paid.paid_amount, 0) as paid_amount
    from lonely
    cross join payment_source
    left join paid
        on lonely.row_id = paid.row_id
    where payment_source.brings_payments

),

differing as materialized (

    select
        weighed.row_id,
        weighed.transaction_id,
        weighed.updated_at
    from weighed
    where
        abs(weighed.paid_amount - weighed.total_amount) > 0.01
        and not (
            weighed.is_open
            and weighed.paid_amount
            between least(weighed.total_amount, 0) - 0.01
            and greatest(weighed.total_amount, 0) + 0.01
        )

)

select differing.row_id
from differing
left join production.transactions as published
    on
        published.source = $2
        and differing.transaction_id = published.transaction_id
where
    -- A version that is older than the published one is not going to be published.
    coalesce(differing.updated_at >= published.updated_at, true)
    -- Where a payment of the order did not parse, nobody knows what was paid.
    and not exists (
        select 1
        from ops.quarantine as entry
        where
            entry.batch_id = $1
            and entry.stage = 'stage'
            and position(convert_to(differing.transaction_id, 'UTF8') in entry.raw) > 0
    )
