-- Grain: one row.
-- Reads: warehouse.work_hours, warehouse.work_days. Writes: nothing.
-- Returns: the days of sale that the touched hours and the touched days of categories can have; a
-- list of constants lets the planner leave out all other partitions.
select
    (
        select coalesce(array_agg(dates.full_date order by dates.full_date), '{}')
        from (
            -- Where the shop is, an hour may be of the day before or after.
            select distinct
                cast(
                    hours.metric_hour at time zone 'UTC' as date
                ) + shifts.days as full_date
            from warehouse.work_hours as hours
            cross join generate_series(-1, 1) as shifts (days)
        ) as dates
    ) as hour_dates,
    (
        select coalesce(array_agg(dates.full_date order by dates.full_date), '{}')
        from (
            select distinct days.full_date
            from warehouse.work_days as days
            where days.grain = 'category'
        ) as dates
    ) as category_dates;
