-- Grain: one row per known version of a member that this load touches.
-- Reads: warehouse.work_customers. Writes: warehouse.dim_customers. Returns: how many were
-- updated.
-- Rerunnable: a version whose content and validity are the same is left alone.
with

written as (

    update warehouse.dim_customers as known
    set
        full_name = wanted.full_name,
        email = wanted.email,
        phone = wanted.phone,
        gender = wanted.gender,
        birth_date = wanted.birth_date,
        age_group = wanted.age_group,
        customer_segment = wanted.customer_segment,
        city = wanted.city,
        state = wanted.state,
        postal_code = wanted.postal_code,
        country = wanted.country,
        registration_date = wanted.registration_date,
        effective_at = wanted.effective_at,
        valid_from = wanted.valid_from,
        valid_to = wanted.valid_to,
        is_current = wanted.valid_to = timestamptz '9999-12-31 00:00:00+00',
        is_inferred = wanted.is_inferred,
        is_deleted = wanted.is_deleted,
        row_hash = wanted.row_hash,
        batch_id = wanted.batch_id,
        loaded_at = $1
    from warehouse.work_customers as wanted
    where
        known.customer_key = wanted.customer_key
        and (known.row_hash, known.effective_at, known.valid_from, known.valid_to)
        is distinct from (wanted.row_hash, wanted.effective_at, wanted.valid_from, wanted.valid_to)
    returning 1 as is_written

)

select count(*) as rows_updated
from written;
