-- Grain: one row per payment method.
-- Reads: analytics.counted_sales.
-- Returns: shares of all counted orders and of all revenue, in percent.
with

methods as (

    select
        counted.payment_method,
        count(distinct counted.transaction_id) as orders,
        sum(counted.line_total) as revenue
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.payment_method

)

select
    methods.payment_method,
    methods.orders as transaction_count,
    round(methods.revenue, 2) as total_revenue,
    round(100.0 * methods.orders / sum(methods.orders) over (), 2) as pct_of_transactions,
    round(100 * methods.revenue / nullif(sum(methods.revenue) over (), 0), 2) as pct_of_revenue
from methods
order by methods.revenue desc, methods.payment_method collate "C";
