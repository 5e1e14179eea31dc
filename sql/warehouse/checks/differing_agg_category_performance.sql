-- Contract: agg_category_performance is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

expected as (

    -- From the facts themselves, while the program adds up days.
    select
        facts.retailer_key,
        facts.currency,
        coalesce(products.category, 'Unknown') as category,
        periods.period_type,
        cast(
            date_trunc(periods.period_type, cast(facts.sale_date as timestamp)) as date
        ) as period_start,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.line_total end), 0
        ) as revenue,
        sum(case when facts.is_returned then 0 else facts.profit end) as profit,
        coalesce(sum(case when facts.is_returned then 0 else facts.quantity end), 0) as units_sold
    from warehouse.fact_sales as facts
    inner join warehouse.dim_products as products
        on facts.product_key = products.product_key
    cross join (
        values ('day'), ('week'), ('month'), ('quarter'), ('year')
    ) as periods (period_type)
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        coalesce(products.category, 'Unknown'),
        periods.period_type,
        cast(date_trunc(periods.period_type, cast(facts.sale_date as timestamp)) as date)

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.currency, known.currency),
            coalesce(expected.category, known.category),
            coalesce(expected.period_type, known.period_type),
            coalesce(expected.period_start, known.period_start)
        ) as offender
    from expected
    full join warehouse.agg_category_performance as known
        on
            expected.retailer_key = known.retailer_key
            and expected.currency = known.currency
            and expected.category = known.category
            and expected.period_type = known.period_type
            and expected.period_start = known.period_start
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.revenue,
            expected.profit,
            expected.units_sold
        )
        is distinct from (
            known.revenue,
            known.profit,
            known.units_sold
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
