-- Grain: one row per staged payment of an order whose payments are not its total, within 0.01.
-- Reads: staging.payments, staging.transactions, staging.retailers, ops.rejections,
--     ops.quarantine, production.payments, production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Of an order that is not paid yet, or that was called off or came back, anything from nothing to
-- its total may be paid. Where one payment explains the difference because it is in cents, or in
-- units where cents are expected, it alone is named. Refunds beyond all payments are
-- refund_above_payment's business.
with

arrived as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.payment_sequence,
        staged.amount,
        production.is_payment_made(staged.status) as is_made,
        coalesce(rejection.verdict, 'warned') = 'warned' as is_accepted,
        -- A fault of one payment is not told a second time, as one of its order.
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

came as materialized (

    select
        arrived.transaction_id,
        coalesce(
            sum(arrived.amount) filter (where arrived.is_accepted and arrived.is_made), 0
        ) as paid_amount,
        coalesce(
            bool_or(arrived.is_accepted and arrived.is_made and arrived.amount > 0), false
        ) as is_paid
    from arrived
    group by arrived.transaction_id
    having not bool_or(arrived.is_at_fault)

),

alone as materialized (

    select came.*
    from came
    where
        not exists (
            select 1
            from staging.transactions as header
            where
                header.batch_id = $1
                and header.transaction_id = came.transaction_id
        )

),

kept as (

    -- Payments of production that this batch does not replace: an order whose header comes with
    -- payments is told whole.
    select
        alone.transaction_id,
        sum(known.amount) as paid_amount,
        coalesce(bool_or(known.amount > 0), false) as is_paid
    from alone
    inner join production.payments as known
        on
            known.source = $2
            and alone.transaction_id = known.transaction_id
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
    group by alone.transaction_id

),

orders as (

    select
        came.transaction_id,
        came.paid_amount,
        came.is_paid,
        header.total_amount,
        header.status,
        header.payment_method
    from came
    inner join staging.transactions as header
        on
            header.batch_id = $1
            and came.transaction_id = header.transaction_id
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and header.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where rejection.row_id is null

    union all

    select
        alone.transaction_id,
        alone.paid_amount + coalesce(kept.paid_amount, 0) as paid_amount,
        alone.is_paid or coalesce(kept.is_paid, false) as is_paid,
        known.total_amount,
        known.status,
        known.payment_method
    from alone
    inner join production.transactions as known
        on
            known.source = $2
            and alone.transaction_id = known.transaction_id
            and not known.is_deleted
    left join kept
        on alone.transaction_id = kept.transaction_id

),

weighed as (

    select
        orders.*,
        not production.is_counted(orders.status, retailer.counted_statuses)
        or production.is_returned(orders.status)
        or production.is_unpaid_yet(orders.status, orders.payment_method) as is_open
    from orders
    left join staging.retailers as retailer
        on retailer.batch_id = $1

),

differing as materialized (

    select weighed.*
    from weighed
    where
        abs(weighed.paid_amount - weighed.total_amount) > 0.01
        and not (
            weighed.is_open
            and weighed.paid_amount
            between least(weighed.total_amount, 0) - 0.01
            and greatest(weighed.total_amount, 0) + 0.01
        )
        and not (weighed.paid_amount < 0 and weighed.is_paid)

),

whole as (

    -- Where a payment of the order did not parse, nobody knows what was paid.
    select differing.*
    from differing
    where
        differing.paid_amount > differing.total_amount
        or not exists (
            select 1
            from ops.quarantine as entry
            where
                entry.batch_id = $1
                and entry.stage = 'stage'
                and position(convert_to(differing.transaction_id, 'UTF8') in entry.raw) > 0
        )

),

suspects as (

    select
        arrived.row_id,
        arrived.transaction_id,
        -- Nobody pays more than the total at once.
        case
            when abs(arrived.amount) <= abs(whole.total_amount) * 100 + 1
                then whole.paid_amount - arrived.amount + arrived.amount / 100
        end as as_units,
        case
            when abs(arrived.amount) * 100 <= abs(whole.total_amount) + 0.01
                then whole.paid_amount - arrived.amount + arrived.amount * 100
        end as as_cents,
        whole.total_amount,
        whole.is_open,
        arrived.is_made
    from arrived
    inner join whole
        on arrived.transaction_id = whole.transaction_id
    where arrived.is_accepted

),

explained as (

    select
        suspects.row_id,
        suspects.transaction_id,
        coalesce(
            suspects.is_made
            and (
                abs(suspects.as_units - suspects.total_amount) <= 0.01
                or abs(suspects.as_cents - suspects.total_amount) <= 0.01
                or (suspects.is_open and abs(suspects.as_units) <= 0.01)
                or (suspects.is_open and abs(suspects.as_cents) <= 0.01)
            ),
            false
        ) as explains
    from suspects

),

named as (

    select
        explained.row_id,
        explained.explains,
        bool_or(explained.explains) over (
            partition by explained.transaction_id
        ) as is_explained
    from explained

)

select named.row_id
from named
where
    named.explains
    or not named.is_explained
