-- Grain: one row per (source, supplier_id); SCD1.
-- Reads: production.suppliers. Writes: warehouse.dim_suppliers.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a member whose content is the same is left alone.
with

described as (

    select
        members.source,
        members.supplier_id,
        members.supplier_name,
        members.city,
        members.state,
        members.country,
        members.lead_time_days,
        members.is_inferred,
        members.is_deleted,
        members.batch_id
    from production.suppliers as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id

),

hashed as (

    select
        described.*,
        md5(cast(row(
            described.supplier_name,
            described.city,
            described.state,
            described.country,
            described.lead_time_days,
            described.is_inferred,
            described.is_deleted
        ) as text)) as row_hash
    from described

),

written as (

    insert into warehouse.dim_suppliers (
        source,
        supplier_id,
        supplier_name,
        city,
        state,
        country,
        lead_time_days,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        hashed.source,
        hashed.supplier_id,
        hashed.supplier_name,
        hashed.city,
        hashed.state,
        hashed.country,
        hashed.lead_time_days,
        hashed.is_inferred,
        hashed.is_deleted,
        hashed.row_hash,
        hashed.batch_id,
        cast($1 as timestamptz) as loaded_at
    from hashed
    left join warehouse.dim_suppliers as known
        on
            hashed.source = known.source
            and hashed.supplier_id = known.supplier_id
    where known.row_hash is distinct from hashed.row_hash
    order by
        hashed.source,
        hashed.supplier_id
    on conflict (source, supplier_id) do update
        set
            supplier_name = excluded.supplier_name,
            city = excluded.city,
            state = excluded.state,
            country = excluded.country,
            lead_time_days = excluded.lead_time_days,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

),

counted as (

    select
        (select count(*) from hashed) as rows_read,
        (select count(*) from written) as rows_written,
        (
            select count(*)
            from hashed
            inner join warehouse.dim_suppliers as known
                on
                    hashed.source = known.source
                    and hashed.supplier_id = known.supplier_id
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
