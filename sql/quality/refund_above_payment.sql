-- Grain: one row per staged refund of an order of which more went back than was paid.
-- Reads: staging.payments, staging.transactions, ops.rejections, ops.quarantine,
--     production.payments. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- An order of which nothing is known to be paid is a return of something that was sold elsewhere;
-- what it gives back is compared with its total.
with

arrived as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.payment_sequence,
        staged.amount,
        production.is_payment_made(staged.status) as is_made,
        coalesce(rejection.verdict, 'warned') = 'warned' as is_accepted,
        coalesce(
            (
                rejection.verdict = 'quarantined'
                and not rejection.rules && array['payments.unique']::text[]
            )
            or rejection.rules && array['payments.amount.not_negative']::text[],
            false
        ) as is_at_fault
    from staging.payments as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'payments'
            and staged.row_id = rejection.row_id
    where staged.batch_id = $1

),

refunded as materialized (

    select
        arrived.transaction_id,
        sum(arrived.amount) filter (where arrived.is_accepted and arrived.is_made) as amount,
        coalesce(
            bool_or(arrived.is_accepted and arrived.is_made and arrived.amount > 0), false
        ) as is_paid
    from arrived
    group by arrived.transaction_id
    having
        not bool_or(arrived.is_at_fault)
        and bool_or(arrived.is_accepted and arrived.is_made and arrived.amount < 0)

),

kept as (

    -- Payments of production that this batch does not replace: an order whose header comes with
    -- payments is told whole.
    select
        refunded.transaction_id,
        sum(known.amount) as amount,
        coalesce(bool_or(known.amount > 0), false) as is_paid
    from refunded
    inner join production.payments as known
        on
            known.source = $2
            and refunded.transaction_id = known.transaction_id
            and not known.is_deleted
    where
        production.is_payment_made(known.status)
        and not exists (
            select 1
            from arrived
            where
                arrived.transaction_id = known.transaction_id
                and arrived.payment_sequence = known.payment_sequence
                and arrived.is_accepted
        )
        and not exists (
            select 1
            from staging.transactions as header
            where
                header.batch_id = $1
                and header.transaction_id = refunded.transaction_id
        )
    group by refunded.transaction_id

),

exceeding as materialized (

    select refunded.transaction_id
    from refunded
    left join kept
        on refunded.transaction_id = kept.transaction_id
    where
        refunded.amount + coalesce(kept.amount, 0) < -0.01
        and (refunded.is_paid or coalesce(kept.is_paid, false))
        -- Where a payment of the order did not parse, nobody knows what was paid.
        and not exists (
            select 1
            from ops.quarantine as entry
            where
                entry.batch_id = $1
                and entry.stage = 'stage'
                and position(convert_to(refunded.transaction_id, 'UTF8') in entry.raw) > 0
        )

)

select arrived.row_id
from arrived
inner join exceeding
    on arrived.transaction_id = exceeding.transaction_id
where
    arrived.is_accepted
    and arrived.is_made
    and arrived.amount < 0
