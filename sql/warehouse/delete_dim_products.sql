-- Grain: one row per version that no longer exists, because it was merged with its neighbour.
-- Reads: warehouse.work_products. Writes: warehouse.dim_products. Returns: how many were deleted.
-- Rerunnable: a version that is wanted is left alone.
with

deleted as (

    delete from warehouse.dim_products as known
    where
        exists (
            select 1
            from warehouse.work_products as touched
            where
                known.source = touched.source
                and known.product_id = touched.product_id
        )
        and not exists (
            select 1
            from warehouse.work_products as wanted
            where known.product_key = wanted.product_key
        )
    returning 1 as is_deleted_row

)

select count(*) as rows_deleted
from deleted;
