-- Grain: one row per (source, transaction_id, shipment_id).
-- Reads: staging.shipments, staging.transactions, production.transactions, ops.rejections.
-- Writes: production.shipments.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.shipments as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'shipments'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
        -- What belongs to an older version of an order never replaces what belongs to a newer one.
        and not exists (
            select 1
            from production.older_orders($1) as older
            where
                older.source = staged.source
                and older.transaction_id = staged.transaction_id
        )

),

cleaned as (

    select
        accepted.source,
        accepted.transaction_id,
        accepted.shipment_id,
        production.clean_text(accepted.carrier) as carrier,
        production.clean_text(accepted.status) as status,
        accepted.shipping_cost,
        accepted.shipped_at,
        accepted.delivered_at,
        accepted.estimated_delivery_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.transaction_id, cleaned.shipment_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.transaction_id asc,
        cleaned.shipment_id asc,
        num_nonnulls(
            cleaned.carrier, cleaned.status, cleaned.shipping_cost, cleaned.shipped_at,
            cleaned.delivered_at, cleaned.estimated_delivery_at
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.transaction_id, latest.shipment_id, latest.carrier, latest.status,
            trim_scale(latest.shipping_cost), extract(epoch from latest.shipped_at),
            extract(epoch from latest.delivered_at),
            extract(epoch from latest.estimated_delivery_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.shipments as kept (
        source,
        transaction_id,
        shipment_id,
        carrier,
        status,
        shipping_cost,
        shipped_at,
        delivered_at,
        estimated_delivery_at,
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
        hashed.transaction_id,
        hashed.shipment_id,
        hashed.carrier,
        hashed.status,
        hashed.shipping_cost,
        hashed.shipped_at,
        hashed.delivered_at,
        hashed.estimated_delivery_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.shipments as known
        on
            hashed.source = known.source
            and hashed.transaction_id = known.transaction_id
            and hashed.shipment_id = known.shipment_id
    where
        (known.row_hash is distinct from hashed.row_hash or known.is_deleted)
    on conflict (source, transaction_id, shipment_id) do update
        set
            carrier = excluded.carrier,
            status = excluded.status,
            shipping_cost = excluded.shipping_cost,
            shipped_at = excluded.shipped_at,
            delivered_at = excluded.delivered_at,
            estimated_delivery_at = excluded.estimated_delivery_at,
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
