-- Grain: one row per count of stock whose fact must be computed anew.
-- Reads: production.inventory_snapshots, production.retailers, warehouse.work_sources,
-- warehouse.work_changed_members, warehouse.fact_inventory, warehouse.dim_*.
-- Writes: warehouse.work_inventory_days. Returns: how many.
-- Runs before the dimensions change, since the facts still point to their old versions.
-- $1 is the smallest of the watermarks: as a constant it tells the planner how few rows are new.
with

counted as (

    select
        counts.source,
        counts.product_id,
        counts.store_id,
        counts.snapshot_date
    from production.inventory_snapshots as counts
    inner join warehouse.work_sources as sources
        on
            counts.source = sources.source
            and counts.batch_id > sources.after_batch_id
            and counts.batch_id > cast($1 as bigint)
    where not sources.is_full

),

touched as (

    select
        counts.source,
        counts.product_id,
        counts.store_id,
        counts.snapshot_date
    from production.inventory_snapshots as counts
    inner join warehouse.work_sources as sources
        on
            counts.source = sources.source
            and counts.batch_id > sources.after_batch_id
            and counts.batch_id > cast($1 as bigint)
    union
    -- A count says whether its day was in stock, which the days of supply of 28 days look at.
    select
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from counted
    inner join warehouse.fact_inventory as facts
        on
            counted.source = facts.source
            and counted.product_id = facts.product_id
            and counted.store_id = facts.store_id
            and counted.snapshot_date <= facts.snapshot_date
            and counted.snapshot_date + 27 >= facts.snapshot_date
    union
    select
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_products as known
        on
            changed.source = known.source
            and changed.member_id = known.product_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_inventory as facts
        on
            known.product_key = facts.product_key
            and changed.changed_from <= (
                cast(facts.snapshot_date + 1 as timestamp) at time zone retailers.time_zone
                - interval '1 microsecond'
            )
    where changed.dimension = 'dim_products'
    union
    select
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_stores as known
        on
            changed.source = known.source
            and changed.member_id = known.store_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_inventory as facts
        on
            known.store_key = facts.store_key
            and changed.changed_from <= (
                cast(facts.snapshot_date + 1 as timestamp) at time zone retailers.time_zone
                - interval '1 microsecond'
            )
    where changed.dimension = 'dim_stores'
    union
    -- When a day begins, or the money of the shop, has changed.
    select
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from production.retailers as retailers
    inner join warehouse.dim_retailer as known
        on
            retailers.source = known.source
            and (retailers.time_zone, retailers.currency)
            is distinct from (known.time_zone, known.currency)
    inner join warehouse.fact_inventory as facts
        on retailers.source = facts.source
    union
    -- A rebuild also looks at facts whose count is gone.
    select
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from warehouse.work_sources as sources
    inner join warehouse.fact_inventory as facts
        on sources.source = facts.source
    where sources.is_full

),

written as (

    insert into warehouse.work_inventory_days (
        source,
        product_id,
        store_id,
        snapshot_date
    )
    select
        touched.source,
        touched.product_id,
        touched.store_id,
        touched.snapshot_date
    from touched
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
