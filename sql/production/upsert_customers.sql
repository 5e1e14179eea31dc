-- Grain: one row per (source, customer_id).
-- Reads: staging.customers, ops.rejections, production.country_aliases. Writes:
-- production.customers.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.customers as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'customers'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.customer_id,
        production.clean_text(accepted.first_name) as first_name,
        production.clean_text(accepted.last_name) as last_name,
        lower(production.clean_text(accepted.email)) as email,
        production.clean_phone(
            accepted.phone, countries.calling_code, countries.trunk_prefix
        ) as phone,
        accepted.birth_date,
        production.clean_text(accepted.gender) as gender,
        production.clean_text(accepted.age_group) as age_group,
        production.clean_text(accepted.segment) as segment,
        accepted.registration_date,
        production.clean_text(accepted.city) as city,
        production.clean_text(accepted.state) as state,
        production.clean_text(accepted.postal_code) as postal_code,
        coalesce(
            country_names.country_code, production.clean_text(accepted.country)
        ) as country,
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
    left join production.countries as countries
        on country_names.country_code = countries.country_code
    left join ops.raw_files as raw_files
        on accepted.file_id = raw_files.file_id
    inner join ops.batches as batches
        on accepted.batch_id = batches.batch_id

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.customer_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.customer_id asc,
        cleaned.effective_at desc,
        num_nonnulls(
            cleaned.first_name, cleaned.last_name, cleaned.email, cleaned.phone,
            cleaned.birth_date, cleaned.gender, cleaned.age_group, cleaned.segment,
            cleaned.registration_date, cleaned.city, cleaned.state, cleaned.postal_code,
            cleaned.country, cleaned.updated_at
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
        and booked.dataset = 'customers'
        and booked.is_whole

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.customer_id, latest.first_name, latest.last_name, latest.email, latest.phone,
            latest.birth_date - date '2000-01-01', latest.gender, latest.age_group,
            latest.segment, latest.registration_date - date '2000-01-01', latest.city,
            latest.state, latest.postal_code, latest.country,
            extract(epoch from latest.updated_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.customers as kept (
        source,
        customer_id,
        first_name,
        last_name,
        email,
        phone,
        birth_date,
        gender,
        age_group,
        segment,
        registration_date,
        city,
        state,
        postal_code,
        country,
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
        hashed.customer_id,
        hashed.first_name,
        hashed.last_name,
        hashed.email,
        hashed.phone,
        hashed.birth_date,
        hashed.gender,
        hashed.age_group,
        hashed.segment,
        hashed.registration_date,
        hashed.city,
        hashed.state,
        hashed.postal_code,
        hashed.country,
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
    left join production.customers as known
        on
            hashed.source = known.source
            and hashed.customer_id = known.customer_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'customers',
                    hashed.customer_id,
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
                    'customers',
                    hashed.customer_id,
                    hashed.effective_at
                )
            )
        )
    on conflict (source, customer_id) do update
        set
            first_name = excluded.first_name,
            last_name = excluded.last_name,
            email = excluded.email,
            phone = excluded.phone,
            birth_date = excluded.birth_date,
            gender = excluded.gender,
            age_group = excluded.age_group,
            segment = excluded.segment,
            registration_date = excluded.registration_date,
            city = excluded.city,
            state = excluded.state,
            postal_code = excluded.postal_code,
            country = excluded.country,
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
