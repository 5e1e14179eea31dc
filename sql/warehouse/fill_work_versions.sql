-- Grain: one row per version of a member that this load touches, of every dimension with history.
-- Reads: warehouse.work_members, warehouse.work_instants, warehouse.dimension_attributes.
-- Writes: warehouse.work_versions. Returns: how many.
-- The versions follow from the whole log of a member, so any order of arrival gives the same ones.
with

first_known as (

    -- Of an attribute that is known since a moment: the value that it had first from then on.
    select distinct on (
        instants.dimension, instants.source, instants.member_id, late.attribute
    )
        instants.dimension,
        instants.source,
        instants.member_id,
        late.attribute,
        instants.content -> late.attribute as attribute_value
    from warehouse.dimension_attributes as late
    inner join warehouse.work_instants as instants
        on
            late.dimension = instants.dimension
            and late.known_since <= instants.starts_at
    where
        late.scd_type = 2
        and not instants.is_deleted
    order by
        instants.dimension asc,
        instants.source asc,
        instants.member_id asc,
        late.attribute asc,
        instants.starts_at asc

),

unknown as (

    -- What an instant says of attributes that were not known yet is replaced by that value.
    select
        instants.dimension,
        instants.source,
        instants.member_id,
        instants.starts_at,
        jsonb_object_agg(late.attribute, first_known.attribute_value) as content
    from warehouse.dimension_attributes as late
    inner join warehouse.work_instants as instants
        on
            late.dimension = instants.dimension
            and late.known_since > instants.starts_at
    left join first_known
        on
            instants.dimension = first_known.dimension
            and instants.source = first_known.source
            and instants.member_id = first_known.member_id
            and late.attribute = first_known.attribute
    where late.scd_type = 2
    group by
        instants.dimension,
        instants.source,
        instants.member_id,
        instants.starts_at

),

settled as (

    select
        instants.dimension,
        instants.source,
        instants.member_id,
        instants.starts_at,
        instants.is_deleted,
        instants.batch_id,
        case
            when unknown.content is null then instants.content
            else jsonb_strip_nulls(instants.content || unknown.content)
        end as content
    from warehouse.work_instants as instants
    left join unknown
        on
            instants.dimension = unknown.dimension
            and instants.source = unknown.source
            and instants.member_id = unknown.member_id
            and instants.starts_at = unknown.starts_at

),

compared as (

    select
        settled.*,
        lag(settled.content) over of_member as previous_content,
        lag(settled.is_deleted) over of_member as was_deleted
    from settled
    window of_member as (
        partition by settled.dimension, settled.source, settled.member_id
        order by settled.starts_at
    )

),

versions as (

    -- Equal neighbours are one version; the first reaches back to the beginning, unless it is a
    -- deletion, which says itself what it ends.
    select
        compared.dimension,
        compared.source,
        compared.member_id,
        compared.starts_at,
        compared.is_deleted,
        compared.batch_id,
        compared.was_deleted is null as is_first,
        compared.content,
        case
            when compared.was_deleted is null and not compared.is_deleted
                then timestamptz '1900-01-01 00:00:00+00'
            else compared.starts_at
        end as valid_from,
        lead(compared.starts_at, 1, timestamptz '9999-12-31 00:00:00+00')
            over of_member as valid_to
    from compared
    where
        compared.was_deleted is distinct from compared.is_deleted
        or compared.previous_content is distinct from compared.content
    window of_member as (
        partition by compared.dimension, compared.source, compared.member_id
        order by compared.starts_at
    )

),

written as (

    insert into warehouse.work_versions (
        dimension,
        source,
        member_id,
        effective_at,
        valid_from,
        valid_to,
        is_deleted,
        batch_id,
        content
    )
    select
        versions.dimension,
        versions.source,
        versions.member_id,
        versions.starts_at as effective_at,
        versions.valid_from,
        versions.valid_to,
        versions.is_deleted,
        versions.batch_id,
        versions.content
    from versions
    union all
    -- A member of which nothing is known has a stub. One whose first instant is its deletion was
    -- until then what the deletion says of it.
    select
        members.dimension,
        members.source,
        members.member_id,
        null as effective_at,
        timestamptz '1900-01-01 00:00:00+00' as valid_from,
        coalesce(versions.valid_from, timestamptz '9999-12-31 00:00:00+00') as valid_to,
        versions.source is null and members.is_deleted as is_deleted,
        members.batch_id,
        coalesce(versions.content, jsonb '{}') as content
    from warehouse.work_members as members
    left join versions
        on
            members.dimension = versions.dimension
            and members.source = versions.source
            and members.member_id = versions.member_id
            and versions.is_first
    where
        versions.source is null
        or versions.valid_from > timestamptz '1900-01-01 00:00:00+00'
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
