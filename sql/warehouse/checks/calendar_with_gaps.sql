-- Contract: the calendar has every day from its first to its last, which lie a year or more
--     from the facts.
-- Returns: days that are missing, and facts whose first or last day is too near to an end.
-- Reads only. $1 is how many are shown.
with

bounds as (

    select
        min(days.full_date) as first_date,
        max(days.full_date) as last_date
    from warehouse.dim_date as days

),

fact_days as (

    select
        'fact_sales' as fact,
        min(facts.sale_date) as first_date,
        max(facts.sale_date) as last_date
    from warehouse.fact_sales as facts
    union all
    select
        'fact_inventory' as fact,
        min(facts.snapshot_date) as first_date,
        max(facts.snapshot_date) as last_date
    from warehouse.fact_inventory as facts
    union all
    select
        'fact_inventory_transactions' as fact,
        min(facts.moved_date) as first_date,
        max(facts.moved_date) as last_date
    from warehouse.fact_inventory_transactions as facts
    union all
    select
        'fact_fulfilment' as fact,
        min(facts.ordered_date) as first_date,
        max(
            greatest(
                facts.ordered_date,
                cast(facts.delivered_at at time zone 'UTC' as date),
                cast(facts.promised_at at time zone 'UTC' as date)
            )
        ) as last_date
    from warehouse.fact_fulfilment as facts
    union all
    select
        'fact_web_events' as fact,
        min(facts.event_date) as first_date,
        max(facts.event_date) as last_date
    from warehouse.fact_web_events as facts

),

offenders as (

    select concat_ws(' ', 'no', cast(wanted.full_date as date)) as offender
    from bounds
    cross join
        generate_series(
            cast(bounds.first_date as timestamp), bounds.last_date, interval '1 day'
        ) as wanted (full_date)
    left join warehouse.dim_date as days
        on days.full_date = wanted.full_date
    where days.full_date is null
    union all
    select concat_ws(' ', fact_days.fact, 'near the end of the calendar') as offender
    from fact_days
    cross join bounds
    where
        -- A day is left for moments that are of another day in the shop's time zone.
        fact_days.first_date - interval '1 year' < bounds.first_date
        or fact_days.last_date + interval '1 year' - interval '1 day' > bounds.last_date

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
