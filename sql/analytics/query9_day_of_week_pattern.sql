-- Grain: one row per day of the week that occurs between the first and the last counted sale.
-- Reads: analytics.counted_sales.
-- Returns: averages per calendar day, days without a sale included.
with

sales as (

    select
        counted.sale_date,
        sum(counted.line_total) as revenue,
        count(distinct counted.transaction_id) as orders
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.sale_date

),

span as (

    select
        min(sales.sale_date) as first_date,
        max(sales.sale_date) as last_date
    from sales

),

days as (

    select
        dates.day_name,
        extract(isodow from dates.full_date) as day_number,
        coalesce(sales.revenue, 0) as revenue,
        coalesce(sales.orders, 0) as orders
    from span
    inner join warehouse.dim_date as dates
        on dates.full_date between span.first_date and span.last_date
    left join sales
        on dates.full_date = sales.sale_date

)

select
    days.day_name,
    round(avg(days.revenue), 2) as avg_daily_revenue,
    round(avg(days.orders), 2) as avg_daily_transactions,
    round(sum(days.revenue), 2) as total_revenue
from days
group by days.day_number, days.day_name
order by days.day_number;
