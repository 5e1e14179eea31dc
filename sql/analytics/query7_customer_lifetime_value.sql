-- Grain: one row per known customer who bought.
-- Reads: analytics.counted_sales, warehouse.dim_customers.
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

),

latest as (

    select distinct on (members.customer_id)
        members.customer_id,
        members.full_name,
        members.registration_date
    from warehouse.dim_customers as members
    where members.source = $1
    order by members.customer_id asc, members.valid_from desc

)

select
    customers.customer_id,
    case
        when $4::boolean then analytics.mask_name(latest.full_name)
        else latest.full_name
    end as full_name,
    round(customers.revenue, 2) as total_spent,
    customers.orders as transaction_count,
    $3::date - latest.registration_date as days_since_registration,
    round(customers.revenue / customers.orders, 2) as avg_order_value
from customers
left join latest
    on customers.customer_id = latest.customer_id
order by customers.revenue desc, customers.customer_id collate "C";
