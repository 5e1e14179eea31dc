-- Grain: one row per visitor whose events and visits must be computed anew.
-- Reads: production.web_events, production.retailers, warehouse.work_sources,
-- warehouse.work_changed_members, warehouse.fact_web_events, warehouse.fact_web_sessions,
-- warehouse.dim_*. Writes: warehouse.work_visitors. Returns: how many.
-- Runs before the dimensions change, since the facts still point to their old versions.
-- $1 is the smallest of the watermarks: as a constant it tells the planner how few rows are new.
with

touched as (

    select
        events.source,
        events.visitor_id
    from production.web_events as events
    inner join warehouse.work_sources as sources
        on
            events.source = sources.source
            and events.batch_id > sources.after_batch_id
            and events.batch_id > cast($1 as bigint)
    union
    select
        facts.source,
        facts.visitor_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_customers as known
        on
            changed.source = known.source
            and changed.member_id = known.customer_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_web_events as facts
        on
            known.customer_key = facts.customer_key
            and changed.changed_from <= coalesce(
                facts.occurred_at,
                cast(facts.event_date as timestamp) at time zone retailers.time_zone
            )
    where changed.dimension = 'dim_customers'
    union
    select
        facts.source,
        facts.visitor_id
    from warehouse.work_changed_members as changed
    inner join warehouse.dim_products as known
        on
            changed.source = known.source
            and changed.member_id = known.product_id
    inner join production.retailers as retailers
        on changed.source = retailers.source
    inner join warehouse.fact_web_events as facts
        on
            known.product_key = facts.product_key
            and changed.changed_from <= coalesce(
                facts.occurred_at,
                cast(facts.event_date as timestamp) at time zone retailers.time_zone
            )
    where changed.dimension = 'dim_products'
    union
    -- When a day begins has changed for the whole shop.
    select
        facts.source,
        facts.visitor_id
    from production.retailers as retailers
    inner join warehouse.dim_retailer as known
        on
            retailers.source = known.source
            and (retailers.time_zone)
            is distinct from (known.time_zone)
    inner join warehouse.fact_web_events as facts
        on retailers.source = facts.source
    union
    -- A rebuild also looks at facts whose event is gone.
    select
        facts.source,
        facts.visitor_id
    from warehouse.work_sources as sources
    inner join warehouse.fact_web_events as facts
        on sources.source = facts.source
    where sources.is_full
    union
    select
        facts.source,
        facts.visitor_id
    from warehouse.work_sources as sources
    inner join warehouse.fact_web_sessions as facts
        on sources.source = facts.source
    where sources.is_full

),

written as (

    insert into warehouse.work_visitors (
        source,
        visitor_id
    )
    select
        touched.source,
        touched.visitor_id
    from touched
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
