-- Grain: one row per visit of a touched visitor.
-- Reads: warehouse.work_visitors, production.web_events, warehouse.dim_*.
-- Writes: warehouse.fact_web_sessions. Returns: rows read, new, changed and deleted.
-- Rerunnable: a fact whose content is the same is left alone; one without events is deleted.
-- Events that name no visit are cut into visits: half an hour of silence ends one. An event that
-- names neither a visit nor a moment is of none.
with

events as (

    select
        events.source,
        events.visitor_id,
        events.event_id,
        events.session_id,
        events.customer_id,
        lower(events.event_type) as event_type,
        events.occurred_at,
        events.batch_id,
        events.file_id,
        events.source_line,
        events.session_id is null as is_derived
    from warehouse.work_visitors as touched
    inner join production.web_events as events
        on
            touched.source = events.source
            and touched.visitor_id = events.visitor_id
    where
        not events.is_deleted
        and num_nonnulls(events.session_id, events.occurred_at) > 0

),

silences as (

    select
        events.*,
        coalesce(
            events.occurred_at - lag(events.occurred_at) over visitor >= interval '30 minutes', true
        ) as is_first
    from events
    window
        visitor as (
            partition by events.source, events.visitor_id, events.is_derived
            order by events.occurred_at, events.event_id
        )

),

numbered as (

    select
        silences.*,
        count(*) filter (where silences.is_first) over visitor as visit_number
    from silences
    window
        visitor as (
            partition by silences.source, silences.visitor_id, silences.is_derived
            order by silences.occurred_at, silences.event_id
        )

),

visits as (

    select
        numbered.source,
        numbered.visitor_id,
        numbered.event_id,
        numbered.customer_id,
        numbered.event_type,
        numbered.occurred_at,
        numbered.batch_id,
        numbered.file_id,
        numbered.source_line,
        numbered.is_derived,
        case
            when numbered.is_derived
                then
                    to_char(
                        min(numbered.occurred_at) over visit at time zone 'UTC',
                        '"~"YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                    )
            else numbered.session_id
        end as session_id
    from numbered
    window
        visit as (
            partition by
                numbered.source, numbered.visitor_id, numbered.is_derived, numbered.visit_number
        )

),

sessions as (

    select
        visits.source,
        visits.visitor_id,
        visits.session_id,
        bool_and(visits.is_derived) as is_derived,
        min(visits.occurred_at) as started_at,
        max(visits.occurred_at) as ended_at,
        count(*) as event_count,
        coalesce(bool_or(visits.event_type = 'product_view'), false) as has_view,
        coalesce(bool_or(visits.event_type = 'add_to_cart'), false) as has_cart,
        coalesce(bool_or(visits.event_type = 'begin_checkout'), false) as has_checkout,
        coalesce(bool_or(visits.event_type = 'purchase'), false) as is_converted,
        min(visits.occurred_at) filter (
            where visits.event_type = 'product_view'
        ) as first_view_at,
        min(visits.occurred_at) filter (
            where visits.event_type = 'add_to_cart'
        ) as first_cart_at,
        min(visits.occurred_at) filter (
            where visits.event_type = 'begin_checkout'
        ) as first_checkout_at,
        min(visits.occurred_at) filter (
            where visits.event_type = 'purchase'
        ) as first_purchase_at,
        -- Who logs in is known for the whole visit.
        (
            array_agg(
                visits.customer_id
                order by visits.occurred_at desc nulls last, visits.event_id desc
            ) filter (where visits.customer_id is not null)
        )[1] as customer_id,
        max(visits.batch_id) as batch_id,
        (array_agg(visits.file_id order by visits.occurred_at, visits.event_id))[1] as file_id,
        (
            array_agg(visits.source_line order by visits.occurred_at, visits.event_id)
        )[1] as source_line
    from visits
    group by
        visits.source,
        visits.visitor_id,
        visits.session_id
    having count(visits.occurred_at) > 0

),

computed as (

    select
        sessions.source,
        sessions.visitor_id,
        sessions.session_id,
        cast(sessions.started_at at time zone retailers.time_zone as date) as session_date,
        cast(
            to_char(sessions.started_at at time zone retailers.time_zone, 'YYYYMMDD') as integer
        ) as date_key,
        coalesce(customers.customer_key, -1) as customer_key,
        retailers.retailer_key,
        sessions.is_derived,
        sessions.started_at,
        sessions.ended_at,
        extract(epoch from sessions.ended_at - sessions.started_at) as duration_s,
        sessions.event_count,
        sessions.has_view,
        sessions.has_cart,
        sessions.has_checkout,
        sessions.is_converted,
        sessions.first_view_at,
        sessions.first_cart_at,
        sessions.first_checkout_at,
        sessions.first_purchase_at,
        sessions.batch_id,
        sessions.file_id,
        sessions.source_line
    from sessions
    inner join warehouse.dim_retailer as retailers
        on sessions.source = retailers.source
    left join warehouse.dim_customers as customers
        on
            sessions.source = customers.source
            and sessions.customer_id = customers.customer_id
            and sessions.started_at >= customers.valid_from
            and sessions.started_at < customers.valid_to

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.source,
        both_sides.visitor_id,
        both_sides.session_id
    from (
        select
            known.source,
            known.visitor_id,
            known.session_id,
            false as is_wanted
        from warehouse.fact_web_sessions as known
        inner join warehouse.work_visitors as touched
            on
                known.source = touched.source
                and known.visitor_id = touched.visitor_id
        union all
        select
            computed.source,
            computed.visitor_id,
            computed.session_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.source,
        both_sides.visitor_id,
        both_sides.session_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.fact_web_sessions as known
    using gone
    where
        known.source = gone.source
        and known.visitor_id = gone.visitor_id
        and known.session_id = gone.session_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.source is null as is_new
    from computed
    left join warehouse.fact_web_sessions as known
        on
            computed.source = known.source
            and computed.visitor_id = known.visitor_id
            and computed.session_id = known.session_id
    where
        known.source is null
        or (
            known.session_date,
            known.date_key,
            known.customer_key,
            known.retailer_key,
            known.is_derived,
            known.started_at,
            known.ended_at,
            known.duration_s,
            known.event_count,
            known.has_view,
            known.has_cart,
            known.has_checkout,
            known.is_converted,
            known.first_view_at,
            known.first_cart_at,
            known.first_checkout_at,
            known.first_purchase_at
        )
        is distinct from (
            computed.session_date,
            computed.date_key,
            computed.customer_key,
            computed.retailer_key,
            computed.is_derived,
            computed.started_at,
            computed.ended_at,
            computed.duration_s,
            computed.event_count,
            computed.has_view,
            computed.has_cart,
            computed.has_checkout,
            computed.is_converted,
            computed.first_view_at,
            computed.first_cart_at,
            computed.first_checkout_at,
            computed.first_purchase_at
        )

),

written as (

    insert into warehouse.fact_web_sessions (
        source,
        visitor_id,
        session_id,
        session_date,
        date_key,
        customer_key,
        retailer_key,
        is_derived,
        started_at,
        ended_at,
        duration_s,
        event_count,
        has_view,
        has_cart,
        has_checkout,
        is_converted,
        first_view_at,
        first_cart_at,
        first_checkout_at,
        first_purchase_at,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        compared.source,
        compared.visitor_id,
        compared.session_id,
        compared.session_date,
        compared.date_key,
        compared.customer_key,
        compared.retailer_key,
        compared.is_derived,
        compared.started_at,
        compared.ended_at,
        compared.duration_s,
        compared.event_count,
        compared.has_view,
        compared.has_cart,
        compared.has_checkout,
        compared.is_converted,
        compared.first_view_at,
        compared.first_cart_at,
        compared.first_checkout_at,
        compared.first_purchase_at,
        compared.batch_id,
        compared.file_id,
        compared.source_line,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.source,
        compared.visitor_id,
        compared.session_id
    on conflict (source, visitor_id, session_id) do update
        set
            session_date = excluded.session_date,
            date_key = excluded.date_key,
            customer_key = excluded.customer_key,
            retailer_key = excluded.retailer_key,
            is_derived = excluded.is_derived,
            started_at = excluded.started_at,
            ended_at = excluded.ended_at,
            duration_s = excluded.duration_s,
            event_count = excluded.event_count,
            has_view = excluded.has_view,
            has_cart = excluded.has_cart,
            has_checkout = excluded.has_checkout,
            is_converted = excluded.is_converted,
            first_view_at = excluded.first_view_at,
            first_cart_at = excluded.first_cart_at,
            first_checkout_at = excluded.first_checkout_at,
            first_purchase_at = excluded.first_purchase_at,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
