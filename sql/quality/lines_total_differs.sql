-- Grain: one row per staged line whose order is in production alone, where the order's lines after
--     this batch would not add up to its total, within 0.01.
-- Reads: staging.transaction_items, staging.transactions, ops.rejections,
--     production.transactions, production.transaction_items. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Lines whose header is in this batch are order_total_differs' business: they leave at once.
with

alone as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.line_number,
        staged.line_total
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from staging.transactions as header
            where
                header.batch_id = $1
                and header.transaction_id = staged.transaction_id
        )

),

judged as (

    select
        alone.*,
        rejection.verdict is null or rejection.verdict = 'warned' as is_accepted,
        coalesce(
            rejection.verdict = 'quarantined'
            and not rejection.rules && array['transaction_items.unique']::text[],
            false
        ) as is_bad
    from alone
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transaction_items'
            and alone.row_id = rejection.row_id

),

arrived as materialized (

    -- An order with a bad line is held back for that line, whatever the others add up to.
    select
        judged.transaction_id,
        sum(judged.line_total) filter (where judged.is_accepted) as lines_total
    from judged
    group by judged.transaction_id
    having not bool_or(judged.is_bad)

),

kept as (

    -- Lines of production that this batch does not replace.
    select
        arrived.transaction_id,
        sum(known.line_total) as lines_total
    from arrived
    inner join production.transaction_items as known
        on
            known.source = $2
            and arrived.transaction_id = known.transaction_id
            and not known.is_deleted
    where
        not exists (
            select 1
            from judged
            where
                judged.is_accepted
                and judged.transaction_id = known.transaction_id
                and judged.line_number = known.line_number
        )
    group by arrived.transaction_id

),

differing as (

    select arrived.transaction_id
    from arrived
    inner join production.transactions as orders
        on
            orders.source = $2
            and arrived.transaction_id = orders.transaction_id
            and not orders.is_deleted
    left join kept
        on arrived.transaction_id = kept.transaction_id
    where
        abs(
            orders.total_amount
            - coalesce(orders.shipping_amount, 0)
            - coalesce(orders.tax_amount, 0)
            + coalesce(orders.discount_amount, 0)
            - coalesce(arrived.lines_total, 0)
            - coalesce(kept.lines_total, 0)
        ) > 0.01

)

select judged.row_id
from judged
inner join differing
    on judged.transaction_id = differing.transaction_id
where judged.is_accepted
