-- Grain: one row per order whose facts must be computed anew.
-- Reads: production.transactions, production.transaction_items, production.retailers,
-- warehouse.fact_sales, warehouse.dim_*. Writes: warehouse.work_transactions. Returns: how many.
-- Runs before the dimensions change, since the facts still point to their old versions.
-- $1 is the smallest of the watermarks: as a constant it tells the planner how few rows are new.
with

touched as (

    select
        orders.source,
        orders.transaction_id
    from production.transactions as orders
    inner join warehouse.work_sources as sources
        on
            orders.source = sources.source
            and orders.batch_id > sources.after_batch_id
            and orders.batch_id > cast($1 as bigint)
    union
    select
        items.source,
        items.transaction_id
    from production.transaction_items as items
    inner join warehouse.work_sources as sources
        on
            items.source = sources.source
            and items.batch_id > sources.after_batch_id
            and items.batch_id > cast($1 as bigint)
    union
    select
        facts.source,
        facts.transaction_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_customers as known
        on
            changed.source = known.source
            and changed.member_id = known.customer_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_sales as facts
        on
            known.customer_key = facts.customer_key
            and changed.changed_from <= coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            )
    where changed.dimension = 'dim_customers'
    union
    select
        facts.source,
        facts.transaction_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_products as known
        on
            changed.source = known.source
            and changed.member_id = known.product_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_sales as facts
        on
            known.product_key = facts.product_key
            and changed.changed_from <= coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            )
    where changed.dimension = 'dim_products'
    union
    select
        facts.source,
        facts.transaction_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_stores as known
        on
            changed.source = known.source
            and changed.member_id = known.store_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_sales as facts
        on
            known.store_key = facts.store_key
            and changed.changed_from <= coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            )
    where changed.dimension = 'dim_stores'
    union
    -- Which statuses count, when a day begins or the money has changed for the whole shop.
    select
        orders.source,
        orders.transaction_id
    from production.retailers as retailers
    inner join warehouse.dim_retailer as known
        on
            retailers.source = known.source
            and (retailers.counted_statuses, retailers.time_zone, retailers.currency)
            is distinct from (known.counted_statuses, known.time_zone, known.currency)
    inner join production.transactions as orders
        on retailers.source = orders.source
    union
    -- A rebuild also looks at facts whose order is gone.
    select
        facts.source,
        facts.transaction_id
    from warehouse.work_sources as sources
    inner join warehouse.fact_sales as facts
        on sources.source = facts.source
    where sources.is_full

),

written as (

    insert into warehouse.work_transactions (
        source,
        transaction_id
    )
    select
        touched.source,
        touched.transaction_id
    from touched
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
