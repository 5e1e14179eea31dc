-- Grain: one row per (source, transaction_id, line_number).
-- Reads: staging.transaction_items, staging.transactions, production.transactions, ops.rejections.
-- Writes: production.transaction_items.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transaction_items'
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
        accepted.line_number,
        accepted.item_id,
        accepted.product_id,
        accepted.supplier_id,
        accepted.quantity,
        accepted.unit_price,
        accepted.discount_percentage,
        accepted.discount_amount,
        accepted.line_total,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.transaction_id, cleaned.line_number
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.transaction_id asc,
        cleaned.line_number asc,
        num_nonnulls(
            cleaned.item_id, cleaned.product_id, cleaned.supplier_id, cleaned.quantity,
            cleaned.unit_price, cleaned.discount_percentage, cleaned.discount_amount,
            cleaned.line_total
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.transaction_id, latest.line_number, latest.item_id, latest.product_id,
            latest.supplier_id, trim_scale(latest.quantity), trim_scale(latest.unit_price),
            trim_scale(latest.discount_percentage), trim_scale(latest.discount_amount),
            trim_scale(latest.line_total)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.transaction_items as kept (
        source,
        transaction_id,
        line_number,
        item_id,
        product_id,
        supplier_id,
        quantity,
        unit_price,
        discount_percentage,
        discount_amount,
        line_total,
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
        hashed.line_number,
        hashed.item_id,
        hashed.product_id,
        hashed.supplier_id,
        hashed.quantity,
        hashed.unit_price,
        hashed.discount_percentage,
        hashed.discount_amount,
        hashed.line_total,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.transaction_items as known
        on
            hashed.source = known.source
            and hashed.transaction_id = known.transaction_id
            and hashed.line_number = known.line_number
    where
        (known.row_hash is distinct from hashed.row_hash or known.is_deleted)
    on conflict (source, transaction_id, line_number) do update
        set
            item_id = excluded.item_id,
            product_id = excluded.product_id,
            supplier_id = excluded.supplier_id,
            quantity = excluded.quantity,
            unit_price = excluded.unit_price,
            discount_percentage = excluded.discount_percentage,
            discount_amount = excluded.discount_amount,
            line_total = excluded.line_total,
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
