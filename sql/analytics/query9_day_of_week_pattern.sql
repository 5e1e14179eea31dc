-- Grain: one row per day of the week that occurs between the first and the last counted sale.
-- Reads: analytics.counted_sales.
-- Returns: averages per calendar day, days without a sale included.
with

orders as (

    select
        counted.sale_date,
        counted.transaction_id,
        sum(counted.line_total) as revenue
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.sale_date, counted.transaction_id

),

span as (

    select
        min(orders.sale_date) as first_date,
        max(orders.sale_date) as last_date
    from orders

),

days as (

    select
        dates.full_date,
        dates.day_name,
        extract(isodow from dates.full_date) as day_number
    from span
    inner join warehouse.dim_date as dates
        on dates.full_date between span.first_date and span.last_date

)

select
    days.day_name,
    round(coalesce(sum(orders.revenue), 0) / count(distinct days.full_date), 2)
        as avg_daily_revenue,
    round(count(orders.transaction_id)::numeric / count(distinct days.full_date), 2)
        as avg_daily_transactions,
    round(coalesce(sum(orders.revenue), 0), 2) as total_revenue
from days
left join orders
    on days.full_date = orders.sale_date
group by days.day_number, days.day_name
order by days.day_number;
