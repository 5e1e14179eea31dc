-- Grain: one row per (source, supplier_id).
-- Reads: staging.suppliers, ops.rejections, production.country_aliases. Writes:
-- production.suppliers.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.suppliers as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'suppliers'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.supplier_id,
        production.clean_text(accepted.supplier_name) as supplier_name,
        production.clean_text(accepted.city) as city,
        production.clean_text(accepted.state) as state,
        coalesce(
            country_names.country_code, production.clean_text(accepted.country)
        ) as country,
        accepted.lead_time_days,
        accepted.updated_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted
    left join production.country_aliases as country_names
        on lower(production.clean_text(accepted.country)) = country_names.alias

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.supplier_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.supplier_id asc,
        cleaned.updated_at desc nulls last,
        num_nonnulls(
            cleaned.supplier_name, cleaned.city, cleaned.state, cleaned.country,
            cleaned.lead_time_days, cleaned.updated_at
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
        and booked.dataset = 'suppliers'
        and booked.is_whole

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.supplier_id, latest.supplier_name, latest.city, latest.state, latest.country,
            latest.lead_time_days, extract(epoch from latest.updated_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.suppliers as kept (
        source,
        supplier_id,
        supplier_name,
        city,
        state,
        country,
        lead_time_days,
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
        hashed.supplier_id,
        hashed.supplier_name,
        hashed.city,
        hashed.state,
        hashed.country,
        hashed.lead_time_days,
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
    left join production.suppliers as known
        on
            hashed.source = known.source
            and hashed.supplier_id = known.supplier_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'suppliers',
                    hashed.supplier_id,
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
                    'suppliers',
                    hashed.supplier_id,
                    production.told_at(hashed.updated_at, hashed.file_id, $1)
                )
            )
        )
    on conflict (source, supplier_id) do update
        set
            supplier_name = excluded.supplier_name,
            city = excluded.city,
            state = excluded.state,
            country = excluded.country,
            lead_time_days = excluded.lead_time_days,
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
