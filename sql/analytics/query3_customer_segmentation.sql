-- Grain: one row per spending segment; a segment without customers is shown with zeros.
-- Reads: analytics.counted_sales.
-- Returns: known customers by what they spent, lower bound included, upper bound not. Sales
-- without a known customer belong to no segment.
with

segments (segment_number, spending_segment) as (

    values
    (1, '$0-$1,000'),
    (2, '$1,000-$5,000'),
    (3, '$5,000-$10,000'),
    (4, '$10,000+')

),

customers as (

    select
        counted.customer_id,
        sum(counted.line_total) as revenue,
        count(distinct counted.transaction_id) as orders
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
        and counted.customer_id is not null
    group by counted.customer_id

),

placed as (

    select
        customers.revenue,
        customers.orders,
        case
            when customers.revenue < 1000 then 1
            when customers.revenue < 5000 then 2
            when customers.revenue < 10000 then 3
            else 4
        end as segment_number
    from customers

)

select
    segments.spending_segment,
    count(placed.segment_number) as customer_count,
    round(coalesce(sum(placed.revenue), 0), 2) as total_revenue,
    round(sum(placed.revenue) / nullif(sum(placed.orders), 0), 2) as avg_transaction_value
from segments
left join placed
    on segments.segment_number = placed.segment_number
group by segments.segment_number, segments.spending_segment
order by segments.segment_number;
