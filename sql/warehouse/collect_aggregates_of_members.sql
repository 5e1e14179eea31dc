-- Grain: one row per row of an aggregate whose member has a new current version.
-- Reads: warehouse.work_changed_members, warehouse.dim_retailer, warehouse.agg_*.
-- Writes: warehouse.work_aggregates. Returns: how many were added.
-- Rerunnable: runs first, into the empty table.
with

collected as (

    select
        case changed.dimension
            when 'dim_customers' then 'customer'
            else 'product'
        end as grain,
        retailers.retailer_key,
        changed.member_id as member
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_retailer as retailers
        on changed.source = retailers.source
    where changed.dimension in ('dim_customers', 'dim_products')
    union
    -- A rebuild looks at every row that there is.
    select
        'day' as grain,
        daily.retailer_key,
        cast(daily.date_key as text) as member
    from warehouse.agg_daily_sales as daily
    inner join warehouse.dim_retailer as retailers
        on daily.retailer_key = retailers.retailer_key
    inner join warehouse.work_sources as sources
        on
            retailers.source = sources.source
            and sources.is_full
    union
    select
        'customer' as grain,
        customers.retailer_key,
        customers.customer_id as member
    from warehouse.agg_customer_metrics as customers
    inner join warehouse.dim_retailer as retailers
        on customers.retailer_key = retailers.retailer_key
    inner join warehouse.work_sources as sources
        on
            retailers.source = sources.source
            and sources.is_full
    union
    select
        'product' as grain,
        products.retailer_key,
        products.product_id as member
    from warehouse.agg_product_performance as products
    inner join warehouse.dim_retailer as retailers
        on products.retailer_key = retailers.retailer_key
    inner join warehouse.work_sources as sources
        on
            retailers.source = sources.source
            and sources.is_full

),

written as (

    insert into warehouse.work_aggregates (
        grain,
        retailer_key,
        member
    )
    select
        collected.grain,
        collected.retailer_key,
        collected.member
    from collected
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
