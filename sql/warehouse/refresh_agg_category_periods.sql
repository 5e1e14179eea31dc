-- Grain: one row per category, week, month, quarter or year, shop and currency.
-- Reads: warehouse.work_days, warehouse.agg_category_performance (its days).
-- Writes: warehouse.agg_category_performance. Returns: rows read, new, changed and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without days is deleted.
-- All of its measures are sums, so that longer periods follow from the days.
with

touched as (

    select distinct
        listed.retailer_key,
        periods.period_type,
        cast(
            date_trunc(periods.period_type, cast(listed.full_date as timestamp)) as date
        ) as period_start,
        cast(
            date_trunc(periods.period_type, cast(listed.full_date as timestamp))
            + cast(periods.length as interval) as date
        ) as period_end
    from warehouse.work_days as listed
    cross join (
        values
        ('week', '7 days'),
        ('month', '1 month'),
        ('quarter', '3 months'),
        ('year', '1 year')
    ) as periods (period_type, length)
    where listed.grain = 'category'

),

computed as (

    select
        days.retailer_key,
        days.currency,
        days.category,
        touched.period_type,
        touched.period_start,
        sum(days.revenue) as revenue,
        sum(days.profit) as profit,
        sum(days.units_sold) as units_sold
    from touched
    inner join warehouse.agg_category_performance as days
        on
            touched.retailer_key = days.retailer_key
            and days.period_type = 'day'
            and touched.period_start <= days.period_start
            and touched.period_end > days.period_start
    group by
        days.retailer_key,
        days.currency,
        days.category,
        touched.period_type,
        touched.period_start

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.category,
        both_sides.period_type,
        both_sides.period_start
    from (
        select
            known.retailer_key,
            known.currency,
            known.category,
            known.period_type,
            known.period_start,
            false as is_wanted
        from warehouse.agg_category_performance as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.period_type = touched.period_type
                and known.period_start = touched.period_start
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.category,
            computed.period_type,
            computed.period_start,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.category,
        both_sides.period_type,
        both_sides.period_start
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_category_performance as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.category = gone.category
        and known.period_type = gone.period_type
        and known.period_start = gone.period_start
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_category_performance as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.category = known.category
            and computed.period_type = known.period_type
            and computed.period_start = known.period_start
    where
        known.retailer_key is null
        or (
            known.revenue,
            known.profit,
            known.units_sold
        )
        is distinct from (
            computed.revenue,
            computed.profit,
            computed.units_sold
        )

),

written as (

    insert into warehouse.agg_category_performance (
        retailer_key,
        currency,
        category,
        period_type,
        period_start,
        revenue,
        profit,
        units_sold,
        updated_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.category,
        compared.period_type,
        compared.period_start,
        compared.revenue,
        compared.profit,
        compared.units_sold,
        cast($1 as timestamptz) as updated_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.category,
        compared.period_type,
        compared.period_start
    on conflict (retailer_key, currency, category, period_type, period_start) do update
        set
            revenue = excluded.revenue,
            profit = excluded.profit,
            units_sold = excluded.units_sold,
            updated_at = excluded.updated_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
