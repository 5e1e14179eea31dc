-- Grain: one row per known customer who bought.
-- Reads: analytics.counted_sales, analytics.latest_customers.
-- Returns: historic value. Days since registration are those to the business date ($3); names are
-- masked where $4 is true. Where the source does not know the registration, its days are empty.
with

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

)

select
    customers.customer_id,
    case when $4::boolean then latest.masked_name else latest.full_name end as full_name,
    round(customers.revenue, 2) as total_spent,
    customers.orders as transaction_count,
    $3::date - latest.registration_date as days_since_registration,
    round(customers.revenue / customers.orders, 2) as avg_order_value
from customers
left join analytics.latest_customers as latest
    on customers.customer_id = latest.customer_id
    and latest.source = $1
order by customers.revenue desc, customers.customer_id collate "C";
