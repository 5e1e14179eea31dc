-- Grain: one row per (source, product_id, movement_id).
-- Reads: staging.inventory_movements, ops.rejections. Writes: production.inventory_movements.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.inventory_movements as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'inventory_movements'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.movement_id,
        accepted.product_id,
        accepted.store_id,
        production.clean_text(accepted.movement_type) as movement_type,
        accepted.quantity,
        accepted.unit_cost,
        accepted.moved_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.product_id, cleaned.movement_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.product_id asc,
        cleaned.movement_id asc,
        num_nonnulls(
            cleaned.store_id, cleaned.movement_type, cleaned.quantity, cleaned.unit_cost,
            cleaned.moved_at
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.movement_id, latest.product_id, latest.store_id, latest.movement_type,
            trim_scale(latest.quantity), trim_scale(latest.unit_cost),
            extract(epoch from latest.moved_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.inventory_movements as kept (
        source,
        movement_id,
        product_id,
        store_id,
        movement_type,
        quantity,
        unit_cost,
        moved_at,
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
        hashed.movement_id,
        hashed.product_id,
        hashed.store_id,
        hashed.movement_type,
        hashed.quantity,
        hashed.unit_cost,
        hashed.moved_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.inventory_movements as known
        on
            hashed.source = known.source
            and hashed.product_id = known.product_id
            and hashed.movement_id = known.movement_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'inventory_movements',
                    hashed.movement_id,
                    hashed.moved_at
                )
            )
        )
    on conflict (source, product_id, movement_id) do update
        set
            store_id = excluded.store_id,
            movement_type = excluded.movement_type,
            quantity = excluded.quantity,
            unit_cost = excluded.unit_cost,
            moved_at = excluded.moved_at,
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
