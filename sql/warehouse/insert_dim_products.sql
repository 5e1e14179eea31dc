-- Grain: one row per new version of a member.
-- Reads: warehouse.work_products. Writes: warehouse.dim_products. Returns: how many were inserted.
-- Rerunnable: a version that is known keeps its key.
with

written as (

    insert into warehouse.dim_products (
        source,
        product_id,
        product_name,
        category_id,
        category,
        sub_category,
        category_path,
        brand,
        supplier_id,
        currency,
        price,
        cost,
        price_range,
        profit_margin,
        profit_margin_pct,
        is_active,
        effective_at,
        valid_from,
        valid_to,
        is_current,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        wanted.source,
        wanted.product_id,
        wanted.product_name,
        wanted.category_id,
        wanted.category,
        wanted.sub_category,
        wanted.category_path,
        wanted.brand,
        wanted.supplier_id,
        wanted.currency,
        wanted.price,
        wanted.cost,
        wanted.price_range,
        wanted.profit_margin,
        wanted.profit_margin_pct,
        wanted.is_active,
        wanted.effective_at,
        wanted.valid_from,
        wanted.valid_to,
        wanted.valid_to = timestamptz '9999-12-31 00:00:00+00' as is_current,
        wanted.is_inferred,
        wanted.is_deleted,
        wanted.row_hash,
        wanted.batch_id,
        cast($1 as timestamptz) as loaded_at
    from warehouse.work_products as wanted
    where wanted.product_key is null
    order by
        wanted.source,
        wanted.product_id,
        wanted.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
