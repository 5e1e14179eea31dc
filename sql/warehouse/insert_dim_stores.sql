-- Grain: one row per new version of a member.
-- Reads: warehouse.work_stores. Writes: warehouse.dim_stores. Returns: how many were inserted.
-- Rerunnable: a version that is known keeps its key.
with

written as (

    insert into warehouse.dim_stores (
        source,
        store_id,
        store_name,
        store_type,
        manager,
        city,
        state,
        country,
        region,
        opened_date,
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
        wanted.store_id,
        wanted.store_name,
        wanted.store_type,
        wanted.manager,
        wanted.city,
        wanted.state,
        wanted.country,
        wanted.region,
        wanted.opened_date,
        wanted.effective_at,
        wanted.valid_from,
        wanted.valid_to,
        wanted.valid_to = timestamptz '9999-12-31 00:00:00+00' as is_current,
        wanted.is_inferred,
        wanted.is_deleted,
        wanted.row_hash,
        wanted.batch_id,
        cast($1 as timestamptz) as loaded_at
    from warehouse.work_stores as wanted
    where wanted.store_key is null
    order by
        wanted.source,
        wanted.store_id,
        wanted.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
