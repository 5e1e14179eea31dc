-- Grain: one row per movement of stock whose fact must be computed anew.
-- Reads: production.inventory_movements, production.retailers, warehouse.work_sources,
-- warehouse.work_changed_members, warehouse.fact_inventory_transactions, warehouse.dim_*.
-- Writes: warehouse.work_movements. Returns: how many.
-- Runs before the dimensions change, since the facts still point to their old versions.
-- $1 is the smallest of the watermarks: as a constant it tells the planner how few rows are new.
with

touched as (

    select
        movements.source,
        movements.product_id,
        movements.movement_id
    from production.inventory_movements as movements
    inner join warehouse.work_sources as sources
        on
            movements.source = sources.source
            and movements.batch_id > sources.after_batch_id
            and movements.batch_id > cast($1 as bigint)
    union
    select
        facts.source,
        facts.product_id,
        facts.movement_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_products as known
        on
            changed.source = known.source
            and changed.member_id = known.product_id
    inner join warehouse.fact_inventory_transactions as facts
        on
            known.product_key = facts.product_key
            and changed.changed_from <= coalesce(
                facts.moved_at, timestamptz '9999-12-30 00:00:00+00'
            )
    where changed.dimension = 'dim_products'
    union
    select
        facts.source,
        facts.product_id,
        facts.movement_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_stores as known
        on
            changed.source = known.source
            and changed.member_id = known.store_id
    inner join warehouse.fact_inventory_transactions as facts
        on
            known.store_key = facts.store_key
            and changed.changed_from <= coalesce(
                facts.moved_at, timestamptz '9999-12-30 00:00:00+00'
            )
    where changed.dimension = 'dim_stores'
    union
    -- When a day begins, or the money of the shop, has changed.
    select
        facts.source,
        facts.product_id,
        facts.movement_id
    from production.retailers as retailers
    inner join warehouse.dim_retailer as known
        on
            retailers.source = known.source
            and (retailers.time_zone, retailers.currency)
            is distinct from (known.time_zone, known.currency)
    inner join warehouse.fact_inventory_transactions as facts
        on retailers.source = facts.source
    union
    -- A rebuild also looks at facts whose movement is gone.
    select
        facts.source,
        facts.product_id,
        facts.movement_id
    from warehouse.work_sources as sources
    inner join warehouse.fact_inventory_transactions as facts
        on sources.source = facts.source
    where sources.is_full

),

written as (

    insert into warehouse.work_movements (
        source,
        product_id,
        movement_id
    )
    select
        touched.source,
        touched.product_id,
        touched.movement_id
    from touched
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
