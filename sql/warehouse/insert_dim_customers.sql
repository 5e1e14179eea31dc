-- Grain: one row per new version of a member.
-- Reads: warehouse.work_customers. Writes: warehouse.dim_customers. Returns: how many were
-- inserted.
-- Rerunnable: a version that is known keeps its key.
with

written as (

    insert into warehouse.dim_customers (
        source,
        customer_id,
        full_name,
        email,
        phone,
        gender,
        birth_date,
        age_group,
        customer_segment,
        city,
        state,
        postal_code,
        country,
        registration_date,
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
        wanted.customer_id,
        wanted.full_name,
        wanted.email,
        wanted.phone,
        wanted.gender,
        wanted.birth_date,
        wanted.age_group,
        wanted.customer_segment,
        wanted.city,
        wanted.state,
        wanted.postal_code,
        wanted.country,
        wanted.registration_date,
        wanted.effective_at,
        wanted.valid_from,
        wanted.valid_to,
        wanted.valid_to = timestamptz '9999-12-31 00:00:00+00' as is_current,
        wanted.is_inferred,
        wanted.is_deleted,
        wanted.row_hash,
        wanted.batch_id,
        cast($1 as timestamptz) as loaded_at
    from warehouse.work_customers as wanted
    where wanted.customer_key is null
    order by
        wanted.source,
        wanted.customer_id,
        wanted.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
