-- Grain: one row per (source, sales_rep_id); SCD1.
-- Reads: production.sales_representatives. Writes: warehouse.dim_sales_representatives.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a member whose content is the same is left alone.
with

described as (

    select
        members.source,
        members.sales_rep_id,
        members.sales_rep_name,
        members.email,
        members.region,
        members.commission_rate,
        members.is_inferred,
        members.is_deleted,
        members.batch_id
    from production.sales_representatives as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id

),

hashed as (

    select
        described.*,
        md5(cast(row(
            described.sales_rep_name,
            described.email,
            described.region,
            described.commission_rate,
            described.is_inferred,
            described.is_deleted
        ) as text)) as row_hash
    from described

),

written as (

    insert into warehouse.dim_sales_representatives (
        source,
        sales_rep_id,
        sales_rep_name,
        email,
        region,
        commission_rate,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        hashed.source,
        hashed.sales_rep_id,
        hashed.sales_rep_name,
        hashed.email,
        hashed.region,
        hashed.commission_rate,
        hashed.is_inferred,
        hashed.is_deleted,
        hashed.row_hash,
        hashed.batch_id,
        cast($1 as timestamptz) as loaded_at
    from hashed
    left join warehouse.dim_sales_representatives as known
        on
            hashed.source = known.source
            and hashed.sales_rep_id = known.sales_rep_id
    where known.row_hash is distinct from hashed.row_hash
    order by
        hashed.source,
        hashed.sales_rep_id
    on conflict (source, sales_rep_id) do update
        set
            sales_rep_name = excluded.sales_rep_name,
            email = excluded.email,
            region = excluded.region,
            commission_rate = excluded.commission_rate,
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
            inner join warehouse.dim_sales_representatives as known
                on
                    hashed.source = known.source
                    and hashed.sales_rep_id = known.sales_rep_id
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
