-- Grain: one row per day of a shop on which a visit of a touched visitor began.
-- Reads: warehouse.work_visitors, warehouse.work_sources, warehouse.fact_web_sessions,
-- warehouse.agg_daily_funnel, warehouse.dim_*. Writes: warehouse.work_days.
-- Returns: how many were added.
-- Runs before and after the visits change, so that both the old and the new days are found.
-- Rerunnable: a row that was collected already is left alone.
with

touched as (

    select
        'funnel' as grain,
        facts.retailer_key,
        facts.session_date as full_date
    from warehouse.work_visitors as visitors
    inner join warehouse.fact_web_sessions as facts
        on
            visitors.source = facts.source
            and visitors.visitor_id = facts.visitor_id
    union
    -- A rebuild looks at every row that there is.
    select
        'funnel' as grain,
        daily.retailer_key,
        days.full_date
    from warehouse.agg_daily_funnel as daily
    inner join warehouse.dim_date as days
        on daily.date_key = days.date_key
    inner join warehouse.dim_retailer as retailers
        on daily.retailer_key = retailers.retailer_key
    inner join warehouse.work_sources as sources
        on
            retailers.source = sources.source
            and sources.is_full

),

written as (

    insert into warehouse.work_days (
        grain,
        retailer_key,
        full_date
    )
    select
        touched.grain,
        touched.retailer_key,
        touched.full_date
    from touched
    left join warehouse.work_days as known
        on
            touched.grain = known.grain
            and touched.retailer_key = known.retailer_key
            and touched.full_date = known.full_date
    where known.grain is null
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
