-- Contract: agg_monthly_product_sales is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

expected as (

    select
        facts.retailer_key,
        facts.currency,
        cast(date_trunc('month', cast(facts.sale_date as timestamp)) as date) as month_start,
        products.product_id,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.quantity end), 0
        ) as total_quantity_sold,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.line_total end), 0
        ) as total_revenue,
        sum(case when facts.is_returned then 0 else facts.profit end) as total_profit,
        sum(facts.discount_percentage) as discount_percentage_sum,
        count(facts.discount_percentage) as discounted_line_count
    from warehouse.fact_sales as facts
    inner join warehouse.dim_products as products
        on facts.product_key = products.product_key
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        cast(date_trunc('month', cast(facts.sale_date as timestamp)) as date),
        products.product_id

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.currency, known.currency),
            coalesce(expected.month_start, known.month_start),
            coalesce(expected.product_id, known.product_id)
        ) as offender
    from expected
    full join warehouse.agg_monthly_product_sales as known
        on
            expected.retailer_key = known.retailer_key
            and expected.currency = known.currency
            and expected.month_start = known.month_start
            and expected.product_id = known.product_id
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.total_quantity_sold,
            expected.total_revenue,
            expected.total_profit,
            expected.discount_percentage_sum,
            expected.discounted_line_count
        )
        is distinct from (
            known.total_quantity_sold,
            known.total_revenue,
            known.total_profit,
            known.discount_percentage_sum,
            known.discounted_line_count
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
