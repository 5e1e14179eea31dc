-- Contract: a count of stock is the count before it plus the movements since, day by day. What
--     a count differs from the movements by stays the same; after an odd count it may be as
--     before it.
-- Returns: product, store and day of the count. Shelves with a row that waits in quarantine are
--     passed over.
-- Reads only. $1 is how many are shown.
with

happened as (

    select
        counts.source,
        counts.product_id,
        counts.store_id,
        counts.snapshot_date as full_date,
        counts.quantity_on_hand,
        0 as quantity
    from warehouse.fact_inventory as counts
    union all
    select
        movements.source,
        movements.product_id,
        movements.store_id,
        movements.moved_date as full_date,
        null as quantity_on_hand,
        movements.quantity
    from warehouse.fact_inventory_transactions as movements
    where num_nulls(movements.store_id, movements.moved_date) = 0

),

summed as (

    -- A count comes after all movements of its day.
    select
        happened.*,
        sum(happened.quantity) over (
            partition by happened.source, happened.product_id, happened.store_id
            order by happened.full_date
        ) as moved_quantity
    from happened

),

drifts as (

    select
        summed.source,
        summed.product_id,
        summed.store_id,
        summed.full_date,
        summed.quantity_on_hand - summed.moved_quantity as drift,
        lag(summed.quantity_on_hand - summed.moved_quantity) over shelf as last_drift,
        lag(summed.quantity_on_hand - summed.moved_quantity, 2) over shelf as last_but_one_drift
    from summed
    where summed.quantity_on_hand is not null
    window
        shelf as (
            partition by summed.source, summed.product_id, summed.store_id
            order by summed.full_date
        )

),

waiting as (

    select distinct
        entries.source,
        entries.payload ->> 'product_id' as product_id,
        entries.payload ->> 'store_id' as store_id
    from ops.quarantine as entries
    where
        entries.status = 'open'
        and entries.dataset in ('inventory_movements', 'inventory_snapshots')
        and entries.payload is not null

),

offenders as (

    select
        concat_ws(
            ' ', drifts.source, drifts.product_id, drifts.store_id, drifts.full_date
        ) as offender
    from drifts
    left join waiting
        on
            drifts.source = waiting.source
            and drifts.product_id = waiting.product_id
            and drifts.store_id = waiting.store_id
    where
        waiting.source is null
        and drifts.drift <> drifts.last_drift
        and drifts.drift is distinct from drifts.last_but_one_drift

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
