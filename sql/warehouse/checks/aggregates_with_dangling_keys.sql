-- Contract: every key of an aggregate is that of a row of its dimension.
-- Returns: aggregate, key column and the key that no row of the dimension has.
-- Reads only. $1 is how many are shown.
with

offenders as (

    select
        concat_ws(
            ' ', 'agg_daily_sales', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_daily_sales as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_daily_sales', 'date_key', known.date_key
        ) as offender
    from warehouse.agg_daily_sales as known
    left join warehouse.dim_date as members
        on known.date_key = members.date_key
    where members.date_key is null
    group by known.date_key
    union all
    select
        concat_ws(
            ' ', 'agg_product_performance', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_product_performance as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_product_performance', 'product_key', known.product_key
        ) as offender
    from warehouse.agg_product_performance as known
    left join warehouse.dim_products as members
        on known.product_key = members.product_key
    where members.product_key is null
    group by known.product_key
    union all
    select
        concat_ws(
            ' ', 'agg_customer_metrics', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_customer_metrics as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_customer_metrics', 'customer_key', known.customer_key
        ) as offender
    from warehouse.agg_customer_metrics as known
    left join warehouse.dim_customers as members
        on known.customer_key = members.customer_key
    where members.customer_key is null
    group by known.customer_key
    union all
    select
        concat_ws(
            ' ', 'agg_hourly_metrics', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_hourly_metrics as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_category_performance', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_category_performance as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_daily_funnel', 'retailer_key', known.retailer_key
        ) as offender
    from warehouse.agg_daily_funnel as known
    left join warehouse.dim_retailer as members
        on known.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by known.retailer_key
    union all
    select
        concat_ws(
            ' ', 'agg_daily_funnel', 'date_key', known.date_key
        ) as offender
    from warehouse.agg_daily_funnel as known
    left join warehouse.dim_date as members
        on known.date_key = members.date_key
    where members.date_key is null
    group by known.date_key

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
