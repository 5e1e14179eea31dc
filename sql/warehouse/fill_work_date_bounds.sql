-- Grain: one row per fact and source that a load brings rows of.
-- Reads: warehouse.work_sources, production.*, ops.batches, ops.raw_files.
-- Writes: warehouse.work_date_bounds.
-- Returns: how many. Partitions and the calendar must be there before the facts. A day before 1901
-- or after 2198 is a mark or a mistake of its source, and stretches neither.
-- $1 is the smallest of the watermarks: as a constant it tells the planner how few rows are new.
with

moments as (

    select
        'fact_inventory_transactions' as fact,
        sources.source,
        movements.moved_at as seen_at
    from warehouse.work_sources as sources
    inner join production.inventory_movements as movements
        on
            sources.source = movements.source
            and sources.after_batch_id < movements.batch_id
            and movements.batch_id > cast($1 as bigint)
    union all
    select
        'fact_web_events' as fact,
        sources.source,
        coalesce(
            events.occurred_at,
            production.told_at(null, events.file_id, events.first_batch_id)
        ) as seen_at
    from warehouse.work_sources as sources
    inner join production.web_events as events
        on
            sources.source = events.source
            and sources.after_batch_id < events.batch_id
            and events.batch_id > cast($1 as bigint)
    union all
    select
        'fact_fulfilment' as fact,
        sources.source,
        payments.paid_at as seen_at
    from warehouse.work_sources as sources
    inner join production.payments as payments
        on
            sources.source = payments.source
            and sources.after_batch_id < payments.batch_id
            and payments.batch_id > cast($1 as bigint)
    union all
    select
        'fact_fulfilment' as fact,
        sources.source,
        milestones.seen_at
    from warehouse.work_sources as sources
    inner join production.shipments as shipments
        on
            sources.source = shipments.source
            and sources.after_batch_id < shipments.batch_id
            and shipments.batch_id > cast($1 as bigint)
    cross join lateral (
        values
        (shipments.shipped_at),
        (shipments.delivered_at),
        (shipments.estimated_delivery_at)
    ) as milestones (seen_at)

),

days as (

    select
        'fact_sales' as fact,
        sources.source,
        orders.sale_date as full_date
    from warehouse.work_sources as sources
    inner join production.transactions as orders
        on
            sources.source = orders.source
            and sources.after_batch_id < orders.batch_id
            and orders.batch_id > cast($1 as bigint)
    union all
    select
        'fact_inventory' as fact,
        sources.source,
        counts.snapshot_date as full_date
    from warehouse.work_sources as sources
    inner join production.inventory_snapshots as counts
        on
            sources.source = counts.source
            and sources.after_batch_id < counts.batch_id
            and counts.batch_id > cast($1 as bigint)

),

dates as (

    select
        moments.fact,
        cast(min(moments.seen_at) at time zone retailers.time_zone as date) as first_date,
        cast(max(moments.seen_at) at time zone retailers.time_zone as date) as last_date
    from moments
    inner join production.retailers as retailers
        on moments.source = retailers.source
    where
        moments.seen_at between timestamptz '1901-01-01 00:00:00+00'
        and timestamptz '2198-12-31 00:00:00+00'
    group by
        moments.fact,
        moments.source,
        retailers.time_zone
    union all
    select
        days.fact,
        min(days.full_date) as first_date,
        max(days.full_date) as last_date
    from days
    where days.full_date between date '1901-01-01' and date '2198-12-31'
    group by
        days.fact,
        days.source

),

written as (

    insert into warehouse.work_date_bounds (
        fact,
        first_date,
        last_date
    )
    select
        dates.fact,
        dates.first_date,
        dates.last_date
    from dates
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
