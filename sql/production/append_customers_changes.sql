-- Grain: one row per version of one of the customers that a batch brought.
-- Reads: staging.customers, ops.rejections, production.customers. Writes:
-- production.customers_changes.
-- Returns: versions that were looked at, and how many were appended.
-- Rerunnable: a version that the log has already is not appended again.
with

-- An older version of a key was superseded as a row, yet it is part of the history.
cleaned as (

    select
        staged.source,
        staged.customer_id,
        production.clean_text(staged.first_name) as first_name,
        production.clean_text(staged.last_name) as last_name,
        lower(production.clean_text(staged.email)) as email,
        production.clean_phone(
            staged.phone, countries.calling_code, countries.trunk_prefix
        ) as phone,
        staged.birth_date,
        production.clean_text(staged.gender) as gender,
        production.clean_text(staged.age_group) as age_group,
        production.clean_text(staged.segment) as segment,
        staged.registration_date,
        production.clean_text(staged.city) as city,
        production.clean_text(staged.state) as state,
        production.clean_text(staged.postal_code) as postal_code,
        coalesce(
            country_names.country_code, production.clean_text(staged.country)
        ) as country,
        staged.updated_at,
        coalesce(
            staged.updated_at,
            -- Midnight of the day that the file is about, where the shop is.
            cast(coalesce(raw_files.business_date, batches.business_date) as timestamp)
            at time zone retailers.time_zone
        ) as effective_at,
        rejections.verdict is null as is_accepted,
        staged.row_id,
        staged.file_id,
        staged.source_line
    from staging.customers as staged
    left join ops.rejections as rejections
        on
            staged.batch_id = rejections.batch_id
            and rejections.dataset = 'customers'
            and staged.row_id = rejections.row_id
            and rejections.verdict = 'superseded'
    inner join production.retailers as retailers
        on staged.source = retailers.source
    left join production.country_aliases as country_names
        on lower(production.clean_text(staged.country)) = country_names.alias
    left join production.countries as countries
        on country_names.country_code = countries.country_code
    left join ops.raw_files as raw_files
        on staged.file_id = raw_files.file_id
    inner join ops.batches as batches
        on staged.batch_id = batches.batch_id
    where
        staged.batch_id = $1
        -- Asked for by itself: the planner would take a join that lets nothing but nulls and one
        -- word through for a join of one row, and compare all versions with all others.
        and not exists (
            select 1
            from ops.rejections as refusals
            where
                refusals.batch_id = $1
                and refusals.dataset = 'customers'
                and refusals.row_id = staged.row_id
                and refusals.verdict in ('quarantined', 'consequence')
        )

),

latest as (

    select distinct on (cleaned.source, cleaned.customer_id, cleaned.effective_at) cleaned.*
    from cleaned
    -- A version whose key was quarantined in the end has no member to be the history of.
    inner join production.customers as members
        on
            cleaned.source = members.source
            and cleaned.customer_id = members.customer_id
            and not members.is_inferred
    order by
        cleaned.source asc,
        cleaned.customer_id asc,
        cleaned.effective_at asc,
        cleaned.is_accepted desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.first_name, latest.last_name, latest.email, latest.phone,
            latest.birth_date - date '2000-01-01', latest.gender, latest.age_group,
            latest.segment, latest.registration_date - date '2000-01-01', latest.city,
            latest.state, latest.postal_code, latest.country, false
        ) as text)) as row_hash
    from latest

),

in_force as (

    -- What the log says of the same moment, before this batch.
    select distinct on (hashed.source, hashed.customer_id, hashed.effective_at)
        hashed.source,
        hashed.customer_id,
        hashed.effective_at,
        changes.effective_at as in_force_since,
        changes.row_hash
    from hashed
    inner join production.customers_changes as changes
        on
            hashed.source = changes.source
            and hashed.customer_id = changes.customer_id
            and hashed.effective_at >= changes.effective_at
            -- A deletion of the same moment is not a version of it.
            and not (changes.is_deleted and hashed.effective_at = changes.effective_at)
    order by
        hashed.source asc,
        hashed.customer_id asc,
        hashed.effective_at asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

written as (

    insert into production.customers_changes (
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
        load_sequence,
        row_hash,
        batch_id,
        file_id,
        source_line,
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
        cast($1 as bigint) as load_sequence,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join in_force
        on
            hashed.source = in_force.source
            and hashed.customer_id = in_force.customer_id
            and hashed.effective_at = in_force.effective_at
    where
        in_force.row_hash is distinct from hashed.row_hash
        -- The source says that this was the content at a moment of its own: a version that
        -- arrives later and lies between must not seem to last until now.
        or (hashed.updated_at is not null and in_force.in_force_since < hashed.effective_at)
    on conflict (source, customer_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from hashed) as rows_read,
    count(*) as rows_appended
from written;
