-- Grain: one row per fact and month that has no partition and should have one.
-- Reads: warehouse.work_date_bounds, the catalog, partitions (whether they hold anything).
-- Writes: nothing.
-- Returns: months from the first fact to $2 months after the last, and to $2 months after the
-- business date $1; is_needed tells those that this load writes.
-- A moment far from the business date is a fault: it makes no partitions and falls into the net.
with

loaded as (

    -- A day each side, for a shop that changes its time zone.
    select
        bounds.fact,
        cast(date_trunc('month', min(bounds.first_date) - interval '1 day') as date) as first_month,
        cast(date_trunc('month', max(bounds.last_date) + interval '1 day') as date) as last_month
    from warehouse.work_date_bounds as bounds
    group by bounds.fact

),

known as materialized (

    select
        partitions.fact,
        partitions.month_start,
        partitions.has_rows
    from warehouse.monthly_partitions() as partitions

),

filled as (

    select
        known.fact,
        min(known.month_start) filter (where known.has_rows) as first_month,
        max(known.month_start) filter (where known.has_rows) as last_month
    from known
    group by known.fact

),

spans as (

    select
        facts.fact,
        loaded.first_month as first_loaded,
        loaded.last_month as last_loaded,
        least(facts.first_month, loaded.first_month) as first_month,
        greatest(facts.last_month, loaded.last_month) as last_month,
        cast(date_trunc('month', cast($1 as date)) as date) as business_month
    from filled as facts
    left join loaded
        on facts.fact = loaded.fact

),

wanted as (

    select
        spans.fact,
        spans.first_loaded,
        spans.last_loaded,
        cast(months.month_start as date) as month_start
    from spans
    cross join
        generate_series(
            greatest(spans.first_month, spans.business_month - interval '600 months'),
            least(spans.last_month, spans.business_month + interval '60 months')
            + cast($2 as integer) * interval '1 month',
            interval '1 month'
        ) as months (month_start)
    -- Least and greatest pass over what is null: a fact without rows has no first month.
    where spans.first_month is not null
    union
    select
        spans.fact,
        spans.first_loaded,
        spans.last_loaded,
        cast(months.month_start as date) as month_start
    from spans
    cross join
        generate_series(
            spans.business_month,
            spans.business_month + cast($2 as integer) * interval '1 month',
            interval '1 month'
        ) as months (month_start)

)

select
    wanted.fact,
    wanted.month_start,
    coalesce(
        wanted.month_start between wanted.first_loaded and wanted.last_loaded, false
    ) as is_needed
from wanted
left join known
    on
        wanted.fact = known.fact
        and wanted.month_start = known.month_start
where known.fact is null
order by
    wanted.fact,
    wanted.month_start;
