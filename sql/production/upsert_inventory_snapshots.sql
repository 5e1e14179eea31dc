-- Grain: one row per (source, snapshot_date, product_id, store_id).
-- Reads: staging.inventory_snapshots, ops.rejections. Writes: production.inventory_snapshots.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.inventory_snapshots as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'inventory_snapshots'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.snapshot_date,
        accepted.product_id,
        accepted.store_id,
        accepted.quantity_on_hand,
        accepted.reorder_point,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.snapshot_date, cleaned.product_id, cleaned.store_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.snapshot_date asc,
        cleaned.product_id asc,
        cleaned.store_id asc,
        num_nonnulls(
            cleaned.quantity_on_hand, cleaned.reorder_point
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.snapshot_date - date '2000-01-01', latest.product_id, latest.store_id,
            trim_scale(latest.quantity_on_hand), trim_scale(latest.reorder_point)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.inventory_snapshots as kept (
        source,
        snapshot_date,
        product_id,
        store_id,
        quantity_on_hand,
        reorder_point,
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
        hashed.snapshot_date,
        hashed.product_id,
        hashed.store_id,
        hashed.quantity_on_hand,
        hashed.reorder_point,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.inventory_snapshots as known
        on
            hashed.source = known.source
            and hashed.snapshot_date = known.snapshot_date
            and hashed.product_id = known.product_id
            and hashed.store_id = known.store_id
    where
        (known.row_hash is distinct from hashed.row_hash or known.is_deleted)
    on conflict (source, snapshot_date, product_id, store_id) do update
        set
            quantity_on_hand = excluded.quantity_on_hand,
            reorder_point = excluded.reorder_point,
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
