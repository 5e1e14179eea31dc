-- Grain: one row per staged order whose total is not that of its lines, within 0.01.
-- Reads: staging.transactions, staging.transaction_items, ops.rejections,
--     production.transactions, production.transaction_items. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- An order that arrives without its lines is compared with those that production has of it.
with

lines as (

    select
        staged.transaction_id,
        -- A second copy of a line, and all but the last of a conflict, do not count.
        sum(staged.line_total) filter (
            where coalesce(rejection.verdict, 'warned') = 'warned'
        ) as lines_total,
        -- An order with a bad line is held back for that line, whatever its total says.
        coalesce(
            bool_or(
                rejection.verdict = 'quarantined'
                and not rejection.rules && array['transaction_items.unique']::text[]
            ),
            false
        ) as has_bad_line
    from staging.transaction_items as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transaction_items'
            and staged.row_id = rejection.row_id
    where staged.batch_id = $1
    group by staged.transaction_id

),

orders as (

    select
        staged.row_id,
        staged.transaction_id,
        staged.updated_at,
        staged.total_amount
        - coalesce(staged.shipping_amount, 0)
        - coalesce(staged.tax_amount, 0)
        + coalesce(staged.discount_amount, 0) as lines_due,
        lines.transaction_id is not null as has_lines,
        lines.lines_total,
        lines.has_bad_line
    from staging.transactions as staged
    left join lines
        on staged.transaction_id = lines.transaction_id
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        -- Older versions of an order belong to older lines.
        and coalesce(rejection.verdict, 'warned') <> 'superseded'
        and not coalesce(rejection.rules, '{}') && array['transactions.transaction_id.unique']

),

alone as materialized (

    -- Headers that came without a line are few, so that production is asked for few orders.
    select
        orders.row_id,
        orders.transaction_id,
        orders.updated_at,
        orders.lines_due
    from orders
    where not orders.has_lines

),

alone_differing as (

    select alone.row_id
    from alone
    inner join production.transaction_items as known
        on
            known.source = $2
            and alone.transaction_id = known.transaction_id
            and not known.is_deleted
    left join production.transactions as published
        on
            published.source = $2
            and alone.transaction_id = published.transaction_id
    -- A version that is older than the published one is not going to be published.
    where coalesce(alone.updated_at >= published.updated_at, true)
    group by alone.row_id
    having abs(max(alone.lines_due) - sum(known.line_total)) > 0.01

)

select orders.row_id
from orders
where
    orders.has_lines
    and not orders.has_bad_line
    and abs(orders.lines_due - orders.lines_total) > 0.01
union all
select alone_differing.row_id
from alone_differing
