-- Grain: one row per source and closed day of the shop, of the last $3 days of its series.
-- Reads: production.transactions, production.retailers.
-- Returns: orders per day, days without any included. The running day ($1 in the shop's time
-- zone) is never returned. The series of a source in $2 goes on to yesterday, whatever came; that
-- of any other source ends with its newest order.
with

days as (

    select
        orders.source,
        orders.sale_date,
        ($1::timestamptz at time zone retailers.time_zone)::date as today,
        count(*) as order_count
    from production.transactions as orders
    inner join production.retailers
        on orders.source = retailers.source
    where not orders.is_deleted
    group by orders.source, orders.sale_date, retailers.time_zone

),

spans as (

    select
        days.source,
        min(days.sale_date) as first_day,
        case
            when days.source = any($2::text[]) then max(days.today) - 1
            else max(days.sale_date)
        end as last_day
    from days
    where days.sale_date < days.today
    group by days.source

),

buckets as (

    select
        spans.source,
        generate_series(
            greatest(spans.first_day, spans.last_day - $3::integer + 1)::timestamp,
            spans.last_day::timestamp,
            interval '1 day'
        )::date as bucket
    from spans

)

select
    buckets.source,
    buckets.bucket,
    coalesce(days.order_count, 0) as order_count
from buckets
left join days
    on
        buckets.source = days.source
        and buckets.bucket = days.sale_date
order by buckets.source collate "C", buckets.bucket;
