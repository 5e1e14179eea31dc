-- Contract: agg_daily_sales is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

expected as (

    select
        facts.retailer_key,
        facts.currency,
        facts.date_key,
        count(distinct facts.transaction_id) as total_transactions,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.line_total end), 0
        ) as total_revenue,
        sum(case when facts.is_returned then 0 else facts.profit end) as total_profit,
        count(distinct customers.customer_id)
        filter (where facts.customer_key > 0) as unique_customers
    from warehouse.fact_sales as facts
    inner join warehouse.dim_customers as customers
        on facts.customer_key = customers.customer_key
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        facts.date_key

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.currency, known.currency),
            coalesce(expected.date_key, known.date_key)
        ) as offender
    from expected
    full join warehouse.agg_daily_sales as known
        on
            expected.retailer_key = known.retailer_key
            and expected.currency = known.currency
            and expected.date_key = known.date_key
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.total_transactions,
            expected.total_revenue,
            expected.total_profit,
            expected.unique_customers
        )
        is distinct from (
            known.total_transactions,
            known.total_revenue,
            known.total_profit,
            known.unique_customers
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
