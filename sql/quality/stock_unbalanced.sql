-- Grain: one row per staged count of a shelf (product and store) that is not the count before it
--     plus the movements since.
-- Reads: staging.inventory_snapshots, staging.inventory_movements, staging.retailers,
--     ops.rejections, ops.quarantine, production.inventory_snapshots,
--     production.inventory_movements. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- A count is as of the end of its day in the shop's time zone. What a count differs from the
-- movements up to it by is its drift: a shelf balances as long as its drift stays the same. A count
-- after an odd one that is back at the drift before it is sound.
with

shop as (

    select coalesce(max(retailer.time_zone), 'UTC') as time_zone
    from staging.retailers as retailer
    where retailer.batch_id = $1

),

counted as materialized (

    select
        staged.row_id,
        staged.product_id,
        staged.store_id,
        staged.snapshot_date,
        staged.quantity_on_hand
    from staging.inventory_snapshots as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'inventory_snapshots'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

),

shelves as materialized (

    select
        counted.product_id,
        counted.store_id,
        min(counted.snapshot_date) as first_date,
        max(counted.snapshot_date) as last_date
    from counted
    group by
        counted.product_id,
        counted.store_id

),

published as (

    select
        known.product_id,
        known.store_id,
        known.snapshot_date,
        known.quantity_on_hand,
        row_number() over (
            partition by known.product_id, known.store_id
            order by known.snapshot_date desc
        ) as place
    from shelves
    inner join production.inventory_snapshots as known
        on
            known.source = $2
            and shelves.product_id = known.product_id
            and shelves.store_id = known.store_id
            and shelves.first_date > known.snapshot_date
            and not known.is_deleted

),

earlier as materialized (

    -- Two: the last one may be the odd one.
    select published.*
    from published
    where published.place <= 2

),

opened as materialized (

    -- Numbers sort faster than pairs of texts.
    select
        shelves.product_id,
        shelves.store_id,
        row_number() over (order by shelves.product_id, shelves.store_id) as shelf_number,
        coalesce(min(earlier.snapshot_date), shelves.first_date) as opened_date,
        shelves.last_date
    from shelves
    left join earlier
        on
            shelves.product_id = earlier.product_id
            and shelves.store_id = earlier.store_id
    group by
        shelves.product_id,
        shelves.store_id,
        shelves.first_date,
        shelves.last_date
    -- A single count has nothing to be compared with.
    having coalesce(min(earlier.snapshot_date), shelves.first_date) < shelves.last_date

),

moved as (

    select
        staged.product_id,
        staged.store_id,
        (staged.moved_at at time zone shop.time_zone)::date as moved_date,
        staged.quantity
    from staging.inventory_movements as staged
    cross join shop
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'inventory_movements'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

    union all

    select
        known.product_id,
        known.store_id,
        (known.moved_at at time zone shop.time_zone)::date as moved_date,
        known.quantity
    from production.inventory_movements as known
    cross join shop
    where
        known.source = $2
        and not known.is_deleted
        and exists (
            select 1
            from earlier
        )
        and not exists (
            select 1
            from staging.inventory_movements as staged
            where
                staged.batch_id = $1
                and staged.product_id = known.product_id
                and staged.movement_id = known.movement_id
        )

),

events as (

    select
        opened.shelf_number,
        counted.row_id,
        counted.snapshot_date as event_date,
        counted.quantity_on_hand,
        0 as quantity
    from counted
    inner join opened
        on
            counted.product_id = opened.product_id
            and counted.store_id = opened.store_id

    union all

    select
        opened.shelf_number,
        null as row_id,
        earlier.snapshot_date as event_date,
        earlier.quantity_on_hand,
        0 as quantity
    from earlier
    inner join opened
        on
            earlier.product_id = opened.product_id
            and earlier.store_id = opened.store_id

    union all

    select
        opened.shelf_number,
        null as row_id,
        moved.moved_date as event_date,
        null as quantity_on_hand,
        moved.quantity
    from moved
    inner join opened
        on
            moved.product_id = opened.product_id
            and moved.store_id = opened.store_id
            and moved.moved_date > opened.opened_date
            and moved.moved_date <= opened.last_date

),

summed as (

    -- A day's count comes after all movements of the day.
    select
        events.*,
        sum(events.quantity) over (
            partition by events.shelf_number
            order by events.event_date
        ) as moved_quantity
    from events

),

drifts as (

    select
        summed.row_id,
        summed.shelf_number,
        summed.quantity_on_hand - summed.moved_quantity as drift,
        lag(summed.quantity_on_hand - summed.moved_quantity) over shelf as last_drift,
        lag(summed.quantity_on_hand - summed.moved_quantity, 2) over shelf as last_but_one_drift
    from summed
    where summed.quantity_on_hand is not null
    window
        shelf as (
            partition by summed.shelf_number
            order by summed.event_date
        )

),

unbalanced as materialized (

    select
        drifts.row_id,
        opened.product_id,
        opened.store_id
    from drifts
    inner join opened
        on drifts.shelf_number = opened.shelf_number
    where
        drifts.row_id is not null
        and drifts.drift <> drifts.last_drift
        and drifts.drift is distinct from drifts.last_but_one_drift

),

unknown as (

    -- Where a movement was refused, in this batch or before, the books cannot be right.
    select distinct
        staged.product_id,
        staged.store_id
    from staging.inventory_movements as staged
    inner join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'inventory_movements'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        and rejection.verdict = 'quarantined'
        and not rejection.rules && array['inventory_movements.unique']::text[]

    union

    select distinct
        entry.payload ->> 'product_id' as product_id,
        entry.payload ->> 'store_id' as store_id
    from ops.quarantine as entry
    where
        entry.source = $2
        and entry.dataset = 'inventory_movements'
        and entry.stage = 'quality'
        and entry.status = 'open'

),

unread as materialized (

    select entry.raw
    from ops.quarantine as entry
    where
        entry.source = $2
        and entry.stage = 'stage'
        and entry.status = 'open'
        and entry.raw is not null
        and exists (
            select 1
            from unbalanced
        )

)

select unbalanced.row_id
from unbalanced
where
    not exists (
        select 1
        from unknown
        where
            unknown.product_id = unbalanced.product_id
            and unknown.store_id = unbalanced.store_id
    )
    and not exists (
        select 1
        from unread
        where
            position(convert_to(unbalanced.product_id, 'UTF8') in unread.raw) > 0
            and position(convert_to(unbalanced.store_id, 'UTF8') in unread.raw) > 0
    )
