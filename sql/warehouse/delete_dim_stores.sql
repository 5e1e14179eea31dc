-- Grain: one row per version that no longer exists, because it was merged with its neighbour.
-- Reads: warehouse.work_stores. Writes: warehouse.dim_stores. Returns: how many were deleted.
-- Rerunnable: a version that is wanted is left alone.
with

deleted as (

    delete from warehouse.dim_stores as known
    where
        exists (
            select 1
            from warehouse.work_stores as touched
            where
                known.source = touched.source
                and known.store_id = touched.store_id
        )
        and not exists (
            select 1
            from warehouse.work_stores as wanted
            where known.store_key = wanted.store_key
        )
    returning 1 as is_deleted_row

)

select count(*) as rows_deleted
from deleted;
