-- Grain: one row per (source, store_id).
-- Reads: staging.stores, ops.rejections, production.country_aliases. Writes: production.stores.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.stores as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'stores'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.store_id,
        production.clean_text(accepted.store_name) as store_name,
        production.clean_text(accepted.store_type) as store_type,
        production.clean_text(accepted.manager) as manager,
        production.clean_text(accepted.city) as city,
        production.clean_text(accepted.state) as state,
        coalesce(
            country_names.country_code, production.clean_text(accepted.country)
        ) as country,
        production.clean_text(accepted.region) as region,
        accepted.opened_date,
        accepted.updated_at,
        coalesce(
            accepted.updated_at,
            -- Midnight of the day that the file is about, where the shop is.
            cast(coalesce(raw_files.business_date, batches.business_date) as timestamp)
            at time zone retailers.time_zone
        ) as effective_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted
    inner join production.retailers as retailers
        on accepted.source = retailers.source
    left join production.country_aliases as country_names
        on lower(production.clean_text(accepted.country)) = country_names.alias
    left join ops.raw_files as raw_files
        on accepted.file_id = raw_files.file_id
    inner join ops.batches as batches
        on accepted.batch_id = batches.batch_id

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.store_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.store_id asc,
        cleaned.effective_at desc,
        num_nonnulls(
            cleaned.store_name, cleaned.store_type, cleaned.manager, cleaned.city,
            cleaned.state, cleaned.country, cleaned.region, cleaned.opened_date,
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
        and booked.dataset = 'stores'
        and booked.is_whole

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.store_id, latest.store_name, latest.store_type, latest.manager, latest.city,
            latest.state, latest.country, latest.region, latest.opened_date - date '2000-01-01',
            extract(epoch from latest.updated_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.stores as kept (
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
        updated_at,
        effective_at,
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
        hashed.store_id,
        hashed.store_name,
        hashed.store_type,
        hashed.manager,
        hashed.city,
        hashed.state,
        hashed.country,
        hashed.region,
        hashed.opened_date,
        hashed.updated_at,
        hashed.effective_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    cross join whole
    left join production.stores as known
        on
            hashed.source = known.source
            and hashed.store_id = known.store_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'stores',
                    hashed.store_id,
                    hashed.effective_at
                )
            )
        )
        -- An older version never replaces a newer one, unless that had vanished and the older is
        -- what the source has now.
        and (
            coalesce(hashed.effective_at >= known.effective_at, true)
            or (
                known.is_deleted
                and whole.is_whole
                and not production.is_gone(
                    hashed.source,
                    'stores',
                    hashed.store_id,
                    hashed.effective_at
                )
            )
        )
    on conflict (source, store_id) do update
        set
            store_name = excluded.store_name,
            store_type = excluded.store_type,
            manager = excluded.manager,
            city = excluded.city,
            state = excluded.state,
            country = excluded.country,
            region = excluded.region,
            opened_date = excluded.opened_date,
            updated_at = excluded.updated_at,
            effective_at = excluded.effective_at,
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
