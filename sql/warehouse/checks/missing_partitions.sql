-- Contract: between the first and the last month of a fact that hold rows, every month has a
--     partition.
-- Returns: the partition that is missing.
-- Reads only. $1 is how many are shown.
with

known as (

    select
        partitions.fact,
        partitions.month_start,
        partitions.has_rows
    from warehouse.monthly_partitions() as partitions
    where partitions.month_start is not null

),

spans as (

    -- What lies further back is no gap: the program makes none for it.
    select
        known.fact,
        greatest(
            min(known.month_start), max(known.month_start) - interval '600 months'
        ) as first_month,
        max(known.month_start) as last_month
    from known
    where known.has_rows
    group by known.fact

),

offenders as (

    select concat(spans.fact, '_', to_char(months.month_start, 'YYYY_MM')) as offender
    from spans
    cross join
        generate_series(
            spans.first_month, cast(spans.last_month as timestamp), interval '1 month'
        ) as months (month_start)
    left join known
        on
            spans.fact = known.fact
            and months.month_start = known.month_start
    where known.fact is null

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
