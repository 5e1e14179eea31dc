-- Grain: one row per country and state in which customers lived when they bought.
-- Reads: analytics.counted_sales.
-- Returns: a customer who moved counts in both places. The place is the customer's and not the
-- parcel's, because every source knows where its customers live and few keep addresses of orders.
with

customers as (

    select
        counted.customer_country,
        counted.customer_state,
        counted.customer_id,
        sum(counted.line_total) as revenue
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.customer_country, counted.customer_state, counted.customer_id

)

select
    customers.customer_country as country,
    customers.customer_state as state,
    round(sum(customers.revenue), 2) as total_revenue,
    count(customers.customer_id) as total_customers,
    round(
        sum(customers.revenue) filter (where customers.customer_id is not null)
        / nullif(count(customers.customer_id), 0),
        2
    ) as avg_revenue_per_customer
from customers
group by customers.customer_country, customers.customer_state
order by
    sum(customers.revenue) desc,
    customers.customer_country collate "C",
    customers.customer_state collate "C";
