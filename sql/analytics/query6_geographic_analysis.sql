-- Grain: one row per country and state in which customers lived when they bought.
-- Reads: analytics.counted_sales.
-- Returns: a customer who moved counts in both places. The place is the customer's and not the
-- parcel's, because every source knows where its customers live and few keep addresses of orders.
select
    counted.customer_country as country,
    counted.customer_state as state,
    round(sum(counted.line_total), 2) as total_revenue,
    count(distinct counted.customer_id) as total_customers,
    round(
        sum(counted.line_total) filter (where counted.customer_id is not null)
        / nullif(count(distinct counted.customer_id), 0),
        2
    ) as avg_revenue_per_customer
from analytics.counted_sales as counted
where
    counted.source = $1
    and counted.currency = $2
group by counted.customer_country, counted.customer_state
order by
    sum(counted.line_total) desc,
    counted.customer_country collate "C",
    counted.customer_state collate "C";
