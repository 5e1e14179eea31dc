-- Grain: one row per source.
-- Reads: production.retailers. Writes: warehouse.dim_retailer.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a member whose content is the same is left alone.
with

described as (

    select
        members.source,
        members.retailer_name,
        members.time_zone,
        members.currency,
        members.counted_statuses,
        members.batch_id
    from production.retailers as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id

),

hashed as (

    select
        described.*,
        md5(cast(row(
            described.retailer_name,
            described.time_zone,
            described.currency,
            described.counted_statuses
        ) as text)) as row_hash
    from described

),

written as (

    insert into warehouse.dim_retailer (
        source,
        retailer_name,
        time_zone,
        currency,
        counted_statuses,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        hashed.source,
        hashed.retailer_name,
        hashed.time_zone,
        hashed.currency,
        hashed.counted_statuses,
        hashed.row_hash,
        hashed.batch_id,
        cast($1 as timestamptz) as loaded_at
    from hashed
    left join warehouse.dim_retailer as known
        on
            hashed.source = known.source
    where known.row_hash is distinct from hashed.row_hash
    order by
        hashed.source
    on conflict (source) do update
        set
            retailer_name = excluded.retailer_name,
            time_zone = excluded.time_zone,
            currency = excluded.currency,
            counted_statuses = excluded.counted_statuses,
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
            inner join warehouse.dim_retailer as known
                on
                    hashed.source = known.source
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
