-- Grain: one row per known version of a member that this load touches.
-- Reads: warehouse.work_products. Writes: warehouse.dim_products. Returns: how many were updated.
-- Rerunnable: a version whose content and validity are the same is left alone.
with

written as (

    update warehouse.dim_products as known
    set
        product_name = wanted.product_name,
        category_id = wanted.category_id,
        category = wanted.category,
        sub_category = wanted.sub_category,
        category_path = wanted.category_path,
        brand = wanted.brand,
        supplier_id = wanted.supplier_id,
        currency = wanted.currency,
        price = wanted.price,
        cost = wanted.cost,
        price_range = wanted.price_range,
        profit_margin = wanted.profit_margin,
        profit_margin_pct = wanted.profit_margin_pct,
        is_active = wanted.is_active,
        effective_at = wanted.effective_at,
        valid_from = wanted.valid_from,
        valid_to = wanted.valid_to,
        is_current = wanted.valid_to = timestamptz '9999-12-31 00:00:00+00',
        is_inferred = wanted.is_inferred,
        is_deleted = wanted.is_deleted,
        row_hash = wanted.row_hash,
        batch_id = wanted.batch_id,
        loaded_at = $1
    from warehouse.work_products as wanted
    where
        known.product_key = wanted.product_key
        and (known.row_hash, known.effective_at, known.valid_from, known.valid_to)
        is distinct from (wanted.row_hash, wanted.effective_at, wanted.valid_from, wanted.valid_to)
    returning 1 as is_written

)

select count(*) as rows_updated
from written;
