-- Grain: one row per day, from the first day of the year before the first fact to the last day of
-- the year after the last one, without gaps.
-- Reads: warehouse.work_date_bounds. Writes: warehouse.dim_date.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a day whose content is the same is left alone.
-- $2 is the first month of the fiscal year, $3 the holidays.
with

bounds as (

    select
        min(ranges.first_date) as first_date,
        max(ranges.last_date) as last_date
    from (
        select
            min(loaded.first_date) as first_date,
            max(loaded.last_date) as last_date
        from warehouse.work_date_bounds as loaded
        union all
        -- What is covered already stays covered.
        select
            cast(min(known.full_date) + interval '1 year' as date) as first_date,
            cast(max(known.full_date) - interval '1 year' as date) as last_date
        from warehouse.dim_date as known
    ) as ranges

),

days as (

    select cast(series.moment as date) as full_date
    from bounds
    cross join
        generate_series(
            date_trunc('year', bounds.first_date - interval '1 year'),
            date_trunc('year', bounds.last_date + interval '2 years') - interval '1 day',
            interval '1 day'
        ) as series (moment)

),

fiscal as (

    select
        days.full_date,
        -- The fiscal year is named after the calendar year in which it ends.
        case
            when cast($2 as integer) > 1
                then days.full_date + (13 - cast($2 as integer)) * interval '1 month'
            else cast(days.full_date as timestamp)
        end as fiscal_moment,
        mod(
            cast(extract(month from days.full_date) as integer) - cast($2 as integer) + 12, 12
        ) + 1 as fiscal_period
    from days

),

described as (

    select
        cast(to_char(fiscal.full_date, 'YYYYMMDD') as integer) as date_key,
        fiscal.full_date,
        cast(extract(year from fiscal.full_date) as integer) as calendar_year,
        cast(extract(quarter from fiscal.full_date) as integer) as calendar_quarter,
        cast(extract(month from fiscal.full_date) as integer) as calendar_month,
        cast(extract(day from fiscal.full_date) as integer) as calendar_day,
        cast(extract(doy from fiscal.full_date) as integer) as year_day,
        to_char(fiscal.full_date, 'YYYY-MM') as month_of_year,
        to_char(fiscal.full_date, 'FMMonth') as month_name,
        cast(extract(isodow from fiscal.full_date) as integer) as day_of_week,
        to_char(fiscal.full_date, 'FMDay') as day_name,
        cast(extract(week from fiscal.full_date) as integer) as week_of_year,
        cast(extract(isoyear from fiscal.full_date) as integer) as iso_year,
        to_char(fiscal.full_date, 'IYYY-"W"IW') as iso_week,
        extract(isodow from fiscal.full_date) > 5 as is_weekend,
        fiscal.full_date = any(cast($3 as date[])) as is_holiday,
        cast(extract(year from fiscal.fiscal_moment) as integer) as fiscal_year,
        (fiscal.fiscal_period + 2) / 3 as fiscal_quarter,
        fiscal.fiscal_period
    from fiscal

),

written as (

    insert into warehouse.dim_date (
        date_key,
        full_date,
        year,
        quarter,
        month,
        day,
        day_of_year,
        year_month,
        month_name,
        day_of_week,
        day_name,
        week_of_year,
        iso_year,
        iso_week,
        is_weekend,
        is_holiday,
        fiscal_year,
        fiscal_quarter,
        fiscal_period,
        loaded_at
    )
    select
        described.*,
        cast($1 as timestamptz) as loaded_at
    from described
    left join warehouse.dim_date as known
        on described.date_key = known.date_key
    where
        (known.is_holiday, known.fiscal_year, known.fiscal_quarter, known.fiscal_period)
        is distinct from (
            described.is_holiday,
            described.fiscal_year,
            described.fiscal_quarter,
            described.fiscal_period
        )
    order by described.date_key
    on conflict (date_key) do update
        set
            is_holiday = excluded.is_holiday,
            fiscal_year = excluded.fiscal_year,
            fiscal_quarter = excluded.fiscal_quarter,
            fiscal_period = excluded.fiscal_period,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

),

counted as (

    select
        (select count(*) from described) as rows_read,
        (select count(*) from written) as rows_written,
        (
            select count(*)
            from described
            inner join warehouse.dim_date as known
                on described.date_key = known.date_key
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
