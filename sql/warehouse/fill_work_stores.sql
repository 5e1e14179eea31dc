-- Grain: one row per version that dim_stores should hold, of the members that this load
-- touches.
-- Reads: warehouse.work_versions, production.stores,
-- warehouse.dimension_attributes, warehouse.dim_stores. Writes: warehouse.work_stores.
-- Returns: how many.
-- A version keeps the key of a known one whose beginning it covers.
with

declared as (

    select
        coalesce(
            array_agg(attributes.attribute) filter (where attributes.scd_type = 2),
            cast('{}' as text[])
        ) as type_2,
        bool_or(attributes.scd_type = 1) as has_type_1
    from warehouse.dimension_attributes as attributes
    where attributes.dimension = 'stores'

),

complete as (

    -- Attributes without history show the latest value in every version.
    select
        versions.source,
        versions.member_id,
        versions.effective_at,
        versions.valid_from,
        versions.valid_to,
        members.is_inferred,
        versions.is_deleted,
        versions.batch_id,
        case
            when declared.has_type_1
                then versions.content || (
                    jsonb_strip_nulls(
                        jsonb_build_object(
                            'store_name', members.store_name,
                            'store_type', members.store_type,
                            'manager', members.manager,
                            'city', members.city,
                            'state', members.state,
                            'country', members.country,
                            'region', members.region,
                            'opened_date', members.opened_date
                        )
                    ) - declared.type_2
                )
            else versions.content
        end as content
    from warehouse.work_versions as versions
    inner join production.stores as members
        on
            versions.source = members.source
            and versions.member_id = members.store_id
    cross join declared
    where versions.dimension = 'stores'

),

shown as (

    select
        attributes.store_name,
        attributes.store_type,
        attributes.manager,
        attributes.city,
        attributes.state,
        attributes.country,
        attributes.region,
        attributes.opened_date,
        complete.source,
        complete.member_id,
        complete.effective_at,
        complete.valid_from,
        complete.valid_to,
        complete.is_inferred,
        complete.is_deleted,
        complete.batch_id,
        complete.content
    from complete
    cross join lateral jsonb_populate_record(
        cast(null as warehouse.work_stores), complete.content
    ) as attributes

),

kept_keys as (

    -- A stub has no moment; it stands for the member from the beginning. Of several known versions
    -- that have become one, the earliest gives its key.
    select distinct on (versions.source, versions.member_id, versions.valid_from)
        versions.source,
        versions.member_id,
        versions.valid_from,
        known.store_key
    from warehouse.work_versions as versions
    inner join warehouse.dim_stores as known
        on
            versions.source = known.source
            and versions.member_id = known.store_id
            and versions.valid_from
            <= coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00')
            and versions.valid_to
            > coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00')
    where versions.dimension = 'stores'
    order by
        versions.source asc,
        versions.member_id asc,
        versions.valid_from asc,
        known.effective_at asc nulls first,
        known.store_key asc

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
        shown.source,
        shown.member_id as store_id,
        shown.store_name,
        shown.store_type,
        shown.manager,
        shown.city,
        shown.state,
        shown.country,
        shown.region,
        shown.opened_date,
        shown.effective_at,
        shown.valid_from,
        shown.valid_to,
        shown.is_inferred,
        shown.is_deleted,
        md5(concat_ws(
            '|',
            shown.is_inferred,
            shown.is_deleted,
            shown.content
        )) as row_hash,
        shown.batch_id
    from shown
    left join kept_keys
        on
            shown.source = kept_keys.source
            and shown.member_id = kept_keys.member_id
            and shown.valid_from = kept_keys.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
