-- Grain: one row per event of a touched visitor.
-- Reads: warehouse.work_visitors, production.web_events, ops.batches, ops.raw_files,
-- warehouse.dim_*.
-- Writes: warehouse.fact_web_events. Returns: rows read, new, changed and deleted.
-- Rerunnable: a fact whose content is the same is left alone; one without an event is deleted.
with

dated as (

    -- An event without a moment is of the day that its file, else its batch, is about.
    select
        events.*,
        retailers.retailer_key,
        cast(
            coalesce(
                events.occurred_at,
                production.told_at(null, events.file_id, events.first_batch_id)
            )
            at time zone retailers.time_zone as date
        ) as event_date,
        retailers.time_zone
    from warehouse.work_visitors as touched
    inner join production.web_events as events
        on
            touched.source = events.source
            and touched.visitor_id = events.visitor_id
    inner join warehouse.dim_retailer as retailers
        on events.source = retailers.source
    where not events.is_deleted

),

placed as (

    select
        dated.*,
        coalesce(
            dated.occurred_at, cast(dated.event_date as timestamp) at time zone dated.time_zone
        ) as valid_at
    from dated

),

computed as (

    select
        placed.source,
        placed.visitor_id,
        placed.event_id,
        placed.event_date,
        cast(to_char(placed.event_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(customers.customer_key, -1) as customer_key,
        case
            when placed.product_id is null then -2
            else coalesce(products.product_key, -1)
        end as product_key,
        placed.retailer_key,
        placed.session_id,
        placed.event_type,
        placed.occurred_at,
        placed.batch_id,
        placed.file_id,
        placed.source_line
    from placed
    left join warehouse.dim_customers as customers
        on
            placed.source = customers.source
            and placed.customer_id = customers.customer_id
            and placed.valid_at >= customers.valid_from
            and placed.valid_at < customers.valid_to
    left join warehouse.dim_products as products
        on
            placed.source = products.source
            and placed.product_id = products.product_id
            and placed.valid_at >= products.valid_from
            and placed.valid_at < products.valid_to

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.source,
        both_sides.visitor_id,
        both_sides.event_id,
        both_sides.event_date
    from (
        select
            known.source,
            known.visitor_id,
            known.event_id,
            known.event_date,
            false as is_wanted
        from warehouse.fact_web_events as known
        inner join warehouse.work_visitors as touched
            on
                known.source = touched.source
                and known.visitor_id = touched.visitor_id
        union all
        select
            computed.source,
            computed.visitor_id,
            computed.event_id,
            computed.event_date,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.source,
        both_sides.visitor_id,
        both_sides.event_id,
        both_sides.event_date
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.fact_web_events as known
    using gone
    where
        known.source = gone.source
        and known.visitor_id = gone.visitor_id
        and known.event_id = gone.event_id
        and known.event_date = gone.event_date
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.source is null as is_new
    from computed
    left join warehouse.fact_web_events as known
        on
            computed.source = known.source
            and computed.visitor_id = known.visitor_id
            and computed.event_id = known.event_id
            and computed.event_date = known.event_date
    where
        known.source is null
        or (
            known.date_key,
            known.customer_key,
            known.product_key,
            known.retailer_key,
            known.session_id,
            known.event_type,
            known.occurred_at
        )
        is distinct from (
            computed.date_key,
            computed.customer_key,
            computed.product_key,
            computed.retailer_key,
            computed.session_id,
            computed.event_type,
            computed.occurred_at
        )

),

written as (

    insert into warehouse.fact_web_events (
        source,
        visitor_id,
        event_id,
        event_date,
        date_key,
        customer_key,
        product_key,
        retailer_key,
        session_id,
        event_type,
        occurred_at,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        compared.source,
        compared.visitor_id,
        compared.event_id,
        compared.event_date,
        compared.date_key,
        compared.customer_key,
        compared.product_key,
        compared.retailer_key,
        compared.session_id,
        compared.event_type,
        compared.occurred_at,
        compared.batch_id,
        compared.file_id,
        compared.source_line,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.source,
        compared.visitor_id,
        compared.event_id,
        compared.event_date
    on conflict (source, visitor_id, event_id, event_date) do update
        set
            date_key = excluded.date_key,
            customer_key = excluded.customer_key,
            product_key = excluded.product_key,
            retailer_key = excluded.retailer_key,
            session_id = excluded.session_id,
            event_type = excluded.event_type,
            occurred_at = excluded.occurred_at,
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
