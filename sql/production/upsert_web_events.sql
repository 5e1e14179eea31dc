-- Grain: one row per (source, visitor_id, event_id).
-- Reads: staging.web_events, ops.rejections. Writes: production.web_events.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.web_events as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'web_events'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.event_id,
        -- The key needs a visitor; an event without one belongs to nobody in particular.
        coalesce(accepted.visitor_id, '') as visitor_id,
        accepted.session_id,
        accepted.customer_id,
        production.clean_text(accepted.event_type) as event_type,
        accepted.product_id,
        accepted.occurred_at,
        accepted.properties,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.visitor_id, cleaned.event_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.visitor_id asc,
        cleaned.event_id asc,
        num_nonnulls(
            cleaned.session_id, cleaned.customer_id, cleaned.event_type, cleaned.product_id,
            cleaned.occurred_at, cleaned.properties
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.event_id, latest.visitor_id, latest.session_id, latest.customer_id,
            latest.event_type, latest.product_id, extract(epoch from latest.occurred_at),
            latest.properties
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.web_events as kept (
        source,
        event_id,
        visitor_id,
        session_id,
        customer_id,
        event_type,
        product_id,
        occurred_at,
        properties,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.event_id,
        hashed.visitor_id,
        hashed.session_id,
        hashed.customer_id,
        hashed.event_type,
        hashed.product_id,
        hashed.occurred_at,
        hashed.properties,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.web_events as known
        on
            hashed.source = known.source
            and hashed.visitor_id = known.visitor_id
            and hashed.event_id = known.event_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'web_events',
                    hashed.event_id,
                    hashed.occurred_at
                )
            )
        )
    on conflict (source, visitor_id, event_id) do update
        set
            session_id = excluded.session_id,
            customer_id = excluded.customer_id,
            event_type = excluded.event_type,
            product_id = excluded.product_id,
            occurred_at = excluded.occurred_at,
            properties = excluded.properties,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
