-- Grain: one row per month with sales.
-- Reads: analytics.counted_sales.
-- Returns: average_order_value is revenue by orders, never the mean of lines; unique customers are
-- counted by their durable id.
with

orders as (

    select
        counted.transaction_id,
        counted.customer_id,
        to_char(counted.sale_date, 'YYYY-MM') as year_month,
        sum(counted.line_total) as revenue
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.transaction_id, counted.customer_id, to_char(counted.sale_date, 'YYYY-MM')

)

select
    orders.year_month,
    round(sum(orders.revenue), 2) as total_revenue,
    count(distinct orders.transaction_id) as total_transactions,
    round(sum(orders.revenue) / count(distinct orders.transaction_id), 2) as average_order_value,
    count(distinct orders.customer_id) as unique_customers
from orders
group by orders.year_month
order by orders.year_month collate "C";
