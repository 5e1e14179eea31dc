-- Grain: one row per version that no longer exists, because it was merged with its neighbour.
-- Reads: warehouse.work_customers. Writes: warehouse.dim_customers. Returns: how many were
-- deleted.
-- Rerunnable: a version that is wanted is left alone.
with

deleted as (

    delete from warehouse.dim_customers as known
    where
        exists (
            select 1
            from warehouse.work_customers as touched
            where
                known.source = touched.source
                and known.customer_id = touched.customer_id
        )
        and not exists (
            select 1
            from warehouse.work_customers as wanted
            where known.customer_key = wanted.customer_key
        )
    returning 1 as is_deleted_row

)

select count(*) as rows_deleted
from deleted;
