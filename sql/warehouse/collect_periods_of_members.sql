-- Grain: one row per day of a shop on which a product was sold whose category has changed in place,
-- and per row of an aggregate that a rebuild must look at.
-- Reads: warehouse.work_products, warehouse.work_sources, warehouse.fact_sales,
-- warehouse.agg_hourly_metrics, warehouse.agg_category_performance, warehouse.dim_*.
-- Writes: warehouse.work_hours, warehouse.work_days. Returns: how many were added.
-- Runs before the dimensions change, into empty tables.
with

recategorised as (

    select known.product_key
    from warehouse.dim_products as known
    inner join warehouse.work_products as wanted
        on known.product_key = wanted.product_key
    where known.category is distinct from wanted.category

),

rebuilt as (

    select retailers.retailer_key
    from warehouse.work_sources as sources
    inner join warehouse.dim_retailer as retailers
        on sources.source = retailers.source
    where sources.is_full

),

days as (

    insert into warehouse.work_days (
        grain,
        retailer_key,
        full_date
    )
    select
        'category' as grain,
        facts.retailer_key,
        facts.sale_date as full_date
    from recategorised
    inner join warehouse.fact_sales as facts
        on recategorised.product_key = facts.product_key
    union
    select
        'category' as grain,
        known.retailer_key,
        known.period_start as full_date
    from rebuilt
    inner join warehouse.agg_category_performance as known
        on rebuilt.retailer_key = known.retailer_key
    returning 1 as is_written

),

hours as (

    insert into warehouse.work_hours (
        retailer_key,
        metric_hour
    )
    select distinct
        known.retailer_key,
        known.metric_hour
    from rebuilt
    inner join warehouse.agg_hourly_metrics as known
        on rebuilt.retailer_key = known.retailer_key
    returning 1 as is_written

)

select
    (select count(*) from hours)
    + (select count(*) from days) as rows_inserted;
