-- Contract: agg_hourly_metrics is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

lines as (

    select
        facts.*,
        date_trunc(
            'hour',
            coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            ),
            'UTC'
        ) as metric_hour
    from warehouse.fact_sales as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key
    where facts.is_counted

),

expected as (

    select
        facts.retailer_key,
        facts.currency,
        facts.metric_hour,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.line_total end), 0
        ) as revenue,
        count(distinct facts.transaction_id) as order_count,
        round(
            coalesce(sum(case when facts.is_returned then 0 else facts.line_total end), 0)
            / count(distinct facts.transaction_id),
            2
        ) as avg_order_value,
        count(distinct customers.customer_id)
        filter (where facts.customer_key > 0) as unique_customers
    from lines as facts
    inner join warehouse.dim_customers as customers
        on facts.customer_key = customers.customer_key
    group by
        facts.retailer_key,
        facts.currency,
        facts.metric_hour

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.currency, known.currency),
            coalesce(expected.metric_hour, known.metric_hour) at time zone 'UTC'
        ) as offender
    from expected
    full join warehouse.agg_hourly_metrics as known
        on
            expected.retailer_key = known.retailer_key
            and expected.currency = known.currency
            and expected.metric_hour = known.metric_hour
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.revenue,
            expected.order_count,
            expected.avg_order_value,
            expected.unique_customers
        )
        is distinct from (
            known.revenue,
            known.order_count,
            known.avg_order_value,
            known.unique_customers
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
