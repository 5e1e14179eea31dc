-- Grain: one row per count of stock whose days of supply look at a touched sale.
-- Reads: warehouse.work_movements, warehouse.work_sources, warehouse.fact_inventory_transactions,
-- warehouse.fact_inventory. Writes: warehouse.work_inventory_days. Returns: how many were added.
-- Runs before and after the movements change, so that both the old and the new days are found.
-- Rerunnable: a row that was collected already is left alone.
with

sold as (

    select distinct
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.moved_date
    from warehouse.work_movements as movements
    inner join warehouse.work_sources as sources
        on
            movements.source = sources.source
            -- A rebuild has collected every count.
            and not sources.is_full
    inner join warehouse.fact_inventory_transactions as facts
        on
            movements.source = facts.source
            and movements.product_id = facts.product_id
            and movements.movement_id = facts.movement_id
    where lower(facts.movement_type) = 'sale'

),

touched as (

    select distinct
        facts.source,
        facts.product_id,
        facts.store_id,
        facts.snapshot_date
    from sold
    inner join warehouse.fact_inventory as facts
        on
            sold.source = facts.source
            and sold.product_id = facts.product_id
            and sold.store_id = facts.store_id
            and sold.moved_date <= facts.snapshot_date
            and sold.moved_date + 27 >= facts.snapshot_date

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
    left join warehouse.work_inventory_days as known
        on
            touched.source = known.source
            and touched.product_id = known.product_id
            and touched.store_id = known.store_id
            and touched.snapshot_date = known.snapshot_date
    where known.source is null
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
