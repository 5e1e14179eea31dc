-- Grain: one row per version that dim_customers should hold, of the members that this load
-- touches.
-- Reads: production.customers, production.customers_changes, warehouse.dim_customers.
-- Writes: warehouse.work_customers. Returns: how many.
-- The versions follow from the whole log of a member, so any order of arrival gives the same ones.
with

touched as (

    select
        members.source,
        members.customer_id
    from production.customers as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id
    union
    select
        changes.source,
        changes.customer_id
    from production.customers_changes as changes
    inner join warehouse.work_sources as sources
        on
            changes.source = sources.source
            and changes.batch_id > sources.after_batch_id

),

dated as (

    -- A moment outside of the calendar would break the order of the versions.
    select
        changes.*,
        least(
            greatest(changes.effective_at, timestamptz '1900-01-01 00:00:00+00'),
            timestamptz '9999-12-30 00:00:00+00'
        ) as starts_at
    from production.customers_changes as changes
    inner join touched
        on
            changes.source = touched.source
            and changes.customer_id = touched.customer_id

),

instants as (

    -- What a later load says of the same moment holds.
    select distinct on (dated.source, dated.customer_id, dated.starts_at)
        dated.*,
        md5(concat(dated.row_hash, dated.is_deleted)) as version_hash
    from dated
    order by
        dated.source asc,
        dated.customer_id asc,
        dated.starts_at asc,
        dated.effective_at desc,
        dated.load_sequence desc

),

compared as (

    select
        instants.*,
        lag(instants.version_hash) over (
            partition by instants.source, instants.customer_id
            order by instants.starts_at
        ) as previous_hash
    from instants

),

versions as (

    -- Equal neighbours are one version; the first reaches back to the beginning.
    select
        compared.*,
        case
            when compared.previous_hash is null then timestamptz '1900-01-01 00:00:00+00'
            else compared.starts_at
        end as valid_from,
        lead(compared.starts_at, 1, timestamptz '9999-12-31 00:00:00+00') over (
            partition by compared.source, compared.customer_id
            order by compared.starts_at
        ) as valid_to
    from compared
    where compared.previous_hash is distinct from compared.version_hash

),

described as (

    -- A member that something refers to before it has arrived has one version, a stub.
    select
        members.source,
        members.customer_id,
        nullif(concat_ws(' ', versions.first_name, versions.last_name), '') as full_name,
        versions.email,
        versions.phone,
        versions.gender,
        versions.birth_date,
        versions.age_group,
        versions.segment as customer_segment,
        versions.city,
        versions.state,
        versions.postal_code,
        versions.country,
        versions.registration_date,
        versions.starts_at as effective_at,
        coalesce(versions.valid_from, timestamptz '1900-01-01 00:00:00+00') as valid_from,
        coalesce(versions.valid_to, timestamptz '9999-12-31 00:00:00+00') as valid_to,
        members.is_inferred,
        coalesce(versions.is_deleted, members.is_deleted) as is_deleted,
        coalesce(versions.batch_id, members.batch_id) as batch_id
    from touched
    inner join production.customers as members
        on
            touched.source = members.source
            and touched.customer_id = members.customer_id
    left join versions
        on
            touched.source = versions.source
            and touched.customer_id = versions.customer_id

),

known_versions as (

    -- A stub has no moment; it stands for the member from the beginning.
    select
        known.*,
        coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00') as starts_at
    from warehouse.dim_customers as known
    inner join touched
        on
            known.source = touched.source
            and known.customer_id = touched.customer_id

),

kept_keys as (

    -- A version keeps the key of the earliest known version that it covers.
    select distinct on (described.source, described.customer_id, described.valid_from)
        described.source,
        described.customer_id,
        described.valid_from,
        known_versions.customer_key
    from described
    inner join known_versions
        on
            described.source = known_versions.source
            and described.customer_id = known_versions.customer_id
            and described.valid_from <= known_versions.starts_at
            and described.valid_to > known_versions.starts_at
    order by
        described.source asc,
        described.customer_id asc,
        described.valid_from asc,
        known_versions.starts_at asc,
        known_versions.customer_key asc

),

written as (

    insert into warehouse.work_customers (
        customer_key,
        source,
        customer_id,
        full_name,
        email,
        phone,
        gender,
        birth_date,
        age_group,
        customer_segment,
        city,
        state,
        postal_code,
        country,
        registration_date,
        effective_at,
        valid_from,
        valid_to,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id
    )
    select
        kept_keys.customer_key,
        described.source,
        described.customer_id,
        described.full_name,
        described.email,
        described.phone,
        described.gender,
        described.birth_date,
        described.age_group,
        described.customer_segment,
        described.city,
        described.state,
        described.postal_code,
        described.country,
        described.registration_date,
        described.effective_at,
        described.valid_from,
        described.valid_to,
        described.is_inferred,
        described.is_deleted,
        md5(cast(row(
            described.full_name,
            described.email,
            described.phone,
            described.gender,
            described.birth_date - date '2000-01-01',
            described.age_group,
            described.customer_segment,
            described.city,
            described.state,
            described.postal_code,
            described.country,
            described.registration_date - date '2000-01-01',
            described.is_inferred,
            described.is_deleted
        ) as text)) as row_hash,
        described.batch_id
    from described
    left join kept_keys
        on
            described.source = kept_keys.source
            and described.customer_id = kept_keys.customer_id
            and described.valid_from = kept_keys.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
