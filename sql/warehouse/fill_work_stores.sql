-- Grain: one row per version that dim_stores should hold, of the members that this load touches.
-- Reads: production.stores, production.stores_changes, warehouse.dim_stores.
-- Writes: warehouse.work_stores. Returns: how many.
-- The versions follow from the whole log of a member, so any order of arrival gives the same ones.
with

touched as (

    select
        members.source,
        members.store_id
    from production.stores as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id
    union
    select
        changes.source,
        changes.store_id
    from production.stores_changes as changes
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
    from production.stores_changes as changes
    inner join touched
        on
            changes.source = touched.source
            and changes.store_id = touched.store_id

),

instants as (

    -- What a later load says of the same moment holds.
    select distinct on (dated.source, dated.store_id, dated.starts_at)
        dated.*,
        md5(cast(row(dated.manager, dated.is_deleted) as text)) as version_hash
    from dated
    order by
        dated.source asc,
        dated.store_id asc,
        dated.starts_at asc,
        dated.effective_at desc,
        dated.load_sequence desc

),

compared as (

    select
        instants.*,
        lag(instants.version_hash) over (
            partition by instants.source, instants.store_id
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
            partition by compared.source, compared.store_id
            order by compared.starts_at
        ) as valid_to
    from compared
    where compared.previous_hash is distinct from compared.version_hash

),

described as (

    -- A member that something refers to before it has arrived has one version, a stub.
    select
        members.source,
        members.store_id,
        members.store_name,
        members.store_type,
        versions.manager,
        members.city,
        members.state,
        members.country,
        members.region,
        members.opened_date,
        versions.starts_at as effective_at,
        coalesce(versions.valid_from, timestamptz '1900-01-01 00:00:00+00') as valid_from,
        coalesce(versions.valid_to, timestamptz '9999-12-31 00:00:00+00') as valid_to,
        members.is_inferred,
        coalesce(versions.is_deleted, members.is_deleted) as is_deleted,
        coalesce(versions.batch_id, members.batch_id) as batch_id
    from touched
    inner join production.stores as members
        on
            touched.source = members.source
            and touched.store_id = members.store_id
    left join versions
        on
            touched.source = versions.source
            and touched.store_id = versions.store_id

),

known_versions as (

    -- A stub has no moment; it stands for the member from the beginning.
    select
        known.*,
        coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00') as starts_at
    from warehouse.dim_stores as known
    inner join touched
        on
            known.source = touched.source
            and known.store_id = touched.store_id

),

kept_keys as (

    -- A version keeps the key of the earliest known version that it covers.
    select distinct on (described.source, described.store_id, described.valid_from)
        described.source,
        described.store_id,
        described.valid_from,
        known_versions.store_key
    from described
    inner join known_versions
        on
            described.source = known_versions.source
            and described.store_id = known_versions.store_id
            and described.valid_from <= known_versions.starts_at
            and described.valid_to > known_versions.starts_at
    order by
        described.source asc,
        described.store_id asc,
        described.valid_from asc,
        known_versions.starts_at asc,
        known_versions.store_key asc

),

written as (

    insert into warehouse.work_stores (
        store_key,
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
        effective_at,
        valid_from,
        valid_to,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id
    )
    select
        kept_keys.store_key,
        described.source,
        described.store_id,
        described.store_name,
        described.store_type,
        described.manager,
        described.city,
        described.state,
        described.country,
        described.region,
        described.opened_date,
        described.effective_at,
        described.valid_from,
        described.valid_to,
        described.is_inferred,
        described.is_deleted,
        md5(cast(row(
            described.store_name,
            described.store_type,
            described.manager,
            described.city,
            described.state,
            described.country,
            described.region,
            described.opened_date - date '2000-01-01',
            described.is_inferred,
            described.is_deleted
        ) as text)) as row_hash,
        described.batch_id
    from described
    left join kept_keys
        on
            described.source = kept_keys.source
            and described.store_id = kept_keys.store_id
            and described.valid_from = kept_keys.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
