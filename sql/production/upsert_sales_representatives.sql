-- Grain: one row per (source, sales_rep_id).
-- Reads: staging.sales_representatives, ops.rejections. Writes: production.sales_representatives.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.sales_representatives as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'sales_representatives'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.sales_rep_id,
        production.clean_text(accepted.sales_rep_name) as sales_rep_name,
        lower(production.clean_text(accepted.email)) as email,
        production.clean_text(accepted.region) as region,
        accepted.commission_rate,
        accepted.updated_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.sales_rep_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.sales_rep_id asc,
        cleaned.updated_at desc nulls last,
        num_nonnulls(
            cleaned.sales_rep_name, cleaned.email, cleaned.region, cleaned.commission_rate,
            cleaned.updated_at
        ) desc,
        cleaned.row_id desc

),

whole as (

    -- Whether the batch is all that its source has.
    select count(*) > 0 as is_whole
    from ops.ledger as booked
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'sales_representatives'
        and booked.is_whole

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.sales_rep_id, latest.sales_rep_name, latest.email, latest.region,
            trim_scale(latest.commission_rate), extract(epoch from latest.updated_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.sales_representatives as kept (
        source,
        sales_rep_id,
        sales_rep_name,
        email,
        region,
        commission_rate,
        updated_at,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.sales_rep_id,
        hashed.sales_rep_name,
        hashed.email,
        hashed.region,
        hashed.commission_rate,
        hashed.updated_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    cross join whole
    left join production.sales_representatives as known
        on
            hashed.source = known.source
            and hashed.sales_rep_id = known.sales_rep_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'sales_representatives',
                    hashed.sales_rep_id,
                    production.told_at(hashed.updated_at, hashed.file_id, $1)
                )
            )
        )
        -- An older version never replaces a newer one, unless that had vanished and the older is
        -- what the source has now.
        and (
            coalesce(hashed.updated_at >= known.updated_at, true)
            or (
                known.is_deleted
                and whole.is_whole
                and not production.is_gone(
                    hashed.source,
                    'sales_representatives',
                    hashed.sales_rep_id,
                    production.told_at(hashed.updated_at, hashed.file_id, $1)
                )
            )
        )
    on conflict (source, sales_rep_id) do update
        set
            sales_rep_name = excluded.sales_rep_name,
            email = excluded.email,
            region = excluded.region,
            commission_rate = excluded.commission_rate,
            updated_at = excluded.updated_at,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
