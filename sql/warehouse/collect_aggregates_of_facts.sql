-- Grain: one row per row of an aggregate that the touched orders count towards.
-- Reads: warehouse.work_transactions, warehouse.fact_sales, warehouse.dim_customers,
-- warehouse.dim_products. Writes: warehouse.work_aggregates. Returns: how many were added.
-- Runs before and after the facts change, so that both the old and the new rows are found.
-- Rerunnable: a row that was collected already is left alone.
-- $1 are the days of sale of the touched orders: partitions without one are not read.
with

touched as (

    -- Read once; making it distinct here would sort every line.
    select
        facts.retailer_key,
        facts.date_key,
        facts.customer_key,
        facts.product_key
    from warehouse.work_transactions as orders
    inner join warehouse.fact_sales as facts
        on
            orders.source = facts.source
            and orders.transaction_id = facts.transaction_id
            and facts.sale_date = any(cast($1 as date[]))

),

collected as (

    select
        'day' as grain,
        touched.retailer_key,
        cast(touched.date_key as text) as member
    from (
        select distinct
            touched.retailer_key,
            touched.date_key
        from touched
    ) as touched
    union
    select
        'customer' as grain,
        touched.retailer_key,
        customers.customer_id as member
    from (
        select distinct
            touched.retailer_key,
            touched.customer_key
        from touched
    ) as touched
    inner join warehouse.dim_customers as customers
        on touched.customer_key = customers.customer_key
    union
    select
        'product' as grain,
        touched.retailer_key,
        products.product_id as member
    from (
        select distinct
            touched.retailer_key,
            touched.product_key
        from touched
    ) as touched
    inner join warehouse.dim_products as products
        on touched.product_key = products.product_key

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
    left join warehouse.work_aggregates as known
        on
            collected.grain = known.grain
            and collected.retailer_key = known.retailer_key
            and collected.member = known.member
    where known.grain is null
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
