-- Grain: one row: orders and rows of the batch, and how many of them were held back.
-- Reads: staging.transactions, staging.retailers, ops.rejections, ops.ledger.
-- Writes: nothing. Rerunnable: reads only. $1 batch.
-- An order that did not parse is an order held back, of unknown revenue. Revenue is what the
-- headers say, of statuses that count and were not returned.
with

headers as (

    select
        staged.transaction_id,
        coalesce(rejection.verdict in ('quarantined', 'consequence'), false) as is_held,
        case
            when
                production.is_counted(staged.status, retailer.counted_statuses)
                and not production.is_returned(staged.status)
                then staged.total_amount
        end as revenue
    from staging.transactions as staged
    left join staging.retailers as retailer
        on staged.batch_id = retailer.batch_id
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        -- Second copies and lines of a conflict that is decided are no orders of their own.
        and coalesce(rejection.verdict, 'warned') <> 'superseded'
        and not coalesce(rejection.rules, '{}') && array['transactions.transaction_id.unique']

),

orders as (

    select
        count(*) as orders_staged,
        count(*) filter (where headers.is_held) as orders_held,
        coalesce(sum(headers.revenue), 0) as revenue_staged,
        coalesce(sum(headers.revenue) filter (where headers.is_held), 0) as revenue_held
    from headers

),

booked as (

    select
        coalesce(sum(entry.rows_read), sum(entry.rows_staged), 0)::bigint as rows_read,
        coalesce(sum(entry.rows_rejected), 0)::bigint as rows_rejected,
        coalesce(sum(entry.rows_quarantined), 0)::bigint as rows_quarantined,
        coalesce(sum(entry.rows_superseded), 0)::bigint as rows_superseded,
        coalesce(sum(entry.rows_consequence), 0)::bigint as rows_consequence,
        coalesce(
            sum(entry.rows_rejected) filter (where entry.dataset = 'transactions'), 0
        )::bigint as orders_rejected
    from ops.ledger as entry
    where entry.batch_id = $1

)

select
    orders.orders_staged + booked.orders_rejected as orders_in_all,
    orders.orders_held + booked.orders_rejected as orders_held,
    round(orders.revenue_staged, 2)::text as revenue_in_all,
    round(orders.revenue_held, 2)::text as revenue_held,
    (
        100 * orders.revenue_held / nullif(orders.revenue_staged, 0)
    )::double precision as revenue_held_percent,
    (
        select max(retailer.currency)
        from staging.retailers as retailer
        where retailer.batch_id = $1
    ) as currency,
    booked.rows_read,
    booked.rows_rejected,
    booked.rows_quarantined,
    booked.rows_superseded,
    booked.rows_consequence
from orders
cross join booked
