-- Grain: one row per staged line that takes back more units of a product than its order sold.
-- Reads: staging.transaction_items, staging.transactions, ops.rejections,
--     production.transaction_items. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- A product that its order only takes back was sold by another order, which the line does not name.
with

arrived as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.line_number,
        staged.product_id,
        staged.quantity,
        coalesce(rejection.verdict, 'warned') = 'warned' as is_accepted
    from staging.transaction_items as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transaction_items'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        -- An order with a bad line is held back for that line.
        and not exists (
            select 1
            from staging.transaction_items as bad
            inner join ops.rejections as refusal
                on
                    refusal.batch_id = $1
                    and refusal.dataset = 'transaction_items'
                    and bad.row_id = refusal.row_id
            where
                bad.batch_id = $1
                and bad.transaction_id = staged.transaction_id
                and refusal.verdict = 'quarantined'
                and not refusal.rules && array['transaction_items.unique']::text[]
        )

),

returned as materialized (

    select distinct
        arrived.transaction_id,
        arrived.product_id
    from arrived
    where
        arrived.is_accepted
        and arrived.quantity < 0

),

known as (

    -- Lines of production that this batch does not replace: an order whose header comes with lines
    -- is told whole.
    select
        published.transaction_id,
        published.product_id,
        published.quantity
    from returned
    inner join production.transaction_items as published
        on
            published.source = $2
            and returned.transaction_id = published.transaction_id
            and returned.product_id = published.product_id
            and not published.is_deleted
    where
        not exists (
            select 1
            from staging.transactions as header
            where
                header.batch_id = $1
                and header.transaction_id = returned.transaction_id
        )
        and not exists (
            select 1
            from arrived
            where
                arrived.is_accepted
                and arrived.transaction_id = published.transaction_id
                and arrived.line_number = published.line_number
        )

),

lines as (

    select
        arrived.transaction_id,
        arrived.product_id,
        arrived.quantity
    from arrived
    inner join returned
        on
            arrived.transaction_id = returned.transaction_id
            and arrived.product_id = returned.product_id
    where arrived.is_accepted

    union all

    select
        known.transaction_id,
        known.product_id,
        known.quantity
    from known

),

exceeding as (

    select
        lines.transaction_id,
        lines.product_id
    from lines
    group by
        lines.transaction_id,
        lines.product_id
    having
        sum(lines.quantity) < 0
        and bool_or(lines.quantity > 0)

)

select arrived.row_id
from arrived
inner join exceeding
    on
        arrived.transaction_id = exceeding.transaction_id
        and arrived.product_id = exceeding.product_id
where
    arrived.is_accepted
    and arrived.quantity < 0
