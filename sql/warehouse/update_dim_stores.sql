-- Grain: one row per known version of a member that this load touches.
-- Reads: warehouse.work_stores. Writes: warehouse.dim_stores. Returns: how many were updated.
-- Rerunnable: a version whose content and validity are the same is left alone.
with

written as (

    update warehouse.dim_stores as known
    set
        store_name = wanted.store_name,
        store_type = wanted.store_type,
        manager = wanted.manager,
        city = wanted.city,
        state = wanted.state,
        country = wanted.country,
        region = wanted.region,
        opened_date = wanted.opened_date,
        effective_at = wanted.effective_at,
        valid_from = wanted.valid_from,
        valid_to = wanted.valid_to,
        is_current = wanted.valid_to = timestamptz '9999-12-31 00:00:00+00',
        is_inferred = wanted.is_inferred,
        is_deleted = wanted.is_deleted,
        row_hash = wanted.row_hash,
        batch_id = wanted.batch_id,
        loaded_at = $1
    from warehouse.work_stores as wanted
    where
        known.store_key = wanted.store_key
        and (known.row_hash, known.effective_at, known.valid_from, known.valid_to)
        is distinct from (wanted.row_hash, wanted.effective_at, wanted.valid_from, wanted.valid_to)
    returning 1 as is_written

)

select count(*) as rows_updated
from written;
