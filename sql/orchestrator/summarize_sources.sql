-- Grain: one row per source and currency, as texts for people.
-- Reads: analytics.mv_daily_sales, analytics.mv_customer_segments.
-- Returns: orders of the statuses that count, their customers, revenue, first and last day.
with

sales as (

    select
        daily_sales.retailer_key,
        daily_sales.currency,
        sum(daily_sales.order_count) as order_count,
        sum(daily_sales.total_revenue) as total_revenue,
        min(daily_sales.sale_date) as first_date,
        max(daily_sales.sale_date) as last_date
    from analytics.mv_daily_sales as daily_sales
    group by
        daily_sales.retailer_key,
        daily_sales.currency

),

customers as (

    select
        customer_segments.retailer_key,
        customer_segments.currency,
        count(*) as customer_count
    from analytics.mv_customer_segments as customer_segments
    group by
        customer_segments.retailer_key,
        customer_segments.currency

)

select
    dim_retailer.source,
    to_char(sales.order_count, 'FM999,999,999,990') as order_count,
    to_char(customers.customer_count, 'FM999,999,999,990') as customer_count,
    to_char(sales.total_revenue, 'FM999,999,999,999,990.00') as total_revenue,
    sales.currency,
    sales.first_date::text as first_date,
    sales.last_date::text as last_date
from sales
inner join warehouse.dim_retailer on dim_retailer.retailer_key = sales.retailer_key
left join customers
    on
        customers.retailer_key = sales.retailer_key
        and customers.currency = sales.currency
order by dim_retailer.source collate "C", sales.currency collate "C";
