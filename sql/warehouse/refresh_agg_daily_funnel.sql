-- Grain: one row per day and shop.
-- Reads: warehouse.work_days, warehouse.fact_web_sessions. Writes: warehouse.agg_daily_funnel.
-- Returns: rows read, new, changed and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without visits is deleted.
with

touched as (

    select
        listed.retailer_key,
        listed.full_date,
        cast(to_char(listed.full_date, 'YYYYMMDD') as integer) as date_key
    from warehouse.work_days as listed
    where listed.grain = 'funnel'

),

computed as (

    select
        touched.retailer_key,
        touched.date_key,
        count(*) as sessions,
        count(*) filter (where facts.has_view) as sessions_with_view,
        count(*) filter (where facts.has_cart) as sessions_with_cart,
        count(*) filter (where facts.has_checkout) as sessions_with_checkout,
        count(*) filter (where facts.is_converted) as sessions_with_purchase
    from touched
    inner join warehouse.fact_web_sessions as facts
        on
            touched.retailer_key = facts.retailer_key
            and touched.full_date = facts.session_date
    group by
        touched.retailer_key,
        touched.date_key

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.date_key
    from (
        select
            known.retailer_key,
            known.date_key,
            false as is_wanted
        from warehouse.agg_daily_funnel as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.date_key = touched.date_key
        union all
        select
            computed.retailer_key,
            computed.date_key,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.date_key
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_daily_funnel as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.date_key = gone.date_key
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_daily_funnel as known
        on
            computed.retailer_key = known.retailer_key
            and computed.date_key = known.date_key
    where
        known.retailer_key is null
        or (
            known.sessions,
            known.sessions_with_view,
            known.sessions_with_cart,
            known.sessions_with_checkout,
            known.sessions_with_purchase
        )
        is distinct from (
            computed.sessions,
            computed.sessions_with_view,
            computed.sessions_with_cart,
            computed.sessions_with_checkout,
            computed.sessions_with_purchase
        )

),

written as (

    insert into warehouse.agg_daily_funnel (
        retailer_key,
        date_key,
        sessions,
        sessions_with_view,
        sessions_with_cart,
        sessions_with_checkout,
        sessions_with_purchase,
        loaded_at
    )
    select
        compared.retailer_key,
        compared.date_key,
        compared.sessions,
        compared.sessions_with_view,
        compared.sessions_with_cart,
        compared.sessions_with_checkout,
        compared.sessions_with_purchase,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.retailer_key,
        compared.date_key
    on conflict (retailer_key, date_key) do update
        set
            sessions = excluded.sessions,
            sessions_with_view = excluded.sessions_with_view,
            sessions_with_cart = excluded.sessions_with_cart,
            sessions_with_checkout = excluded.sessions_with_checkout,
            sessions_with_purchase = excluded.sessions_with_purchase,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
