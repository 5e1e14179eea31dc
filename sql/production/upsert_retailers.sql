-- Grain: one row per source.
-- Reads: staging.retailers. Writes: production.retailers.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

described as (

    select distinct on (staged.source)
        staged.source,
        coalesce(production.clean_text(staged.retailer_name), staged.source) as retailer_name,
        coalesce(production.clean_text(staged.time_zone), 'UTC') as time_zone,
        upper(production.clean_text(staged.currency)) as currency,
        staged.counted_statuses
    from staging.retailers as staged
    where staged.batch_id = $1
    order by
        staged.source,
        staged.retailer_name,
        staged.time_zone,
        staged.currency,
        staged.counted_statuses

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

    insert into production.retailers as kept (
        source,
        retailer_name,
        time_zone,
        currency,
        counted_statuses,
        row_hash,
        batch_id,
        first_batch_id,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.retailer_name,
        hashed.time_zone,
        hashed.currency,
        hashed.counted_statuses,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.retailers as known
        on hashed.source = known.source
    where known.row_hash is distinct from hashed.row_hash
    on conflict (source) do update
        set
            retailer_name = excluded.retailer_name,
            time_zone = excluded.time_zone,
            currency = excluded.currency,
            counted_statuses = excluded.counted_statuses,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            loaded_at = excluded.loaded_at
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
