-- Grain: one row per customer that this load touches, and one per moment of its log.
-- Reads: production.customers, production.customers_changes,
-- warehouse.dimension_attributes. Writes: warehouse.work_members, warehouse.work_instants.
-- Returns: how many members.
-- With $1 true, all of them: it was declared anew which attributes have history.
-- Attributes are listed by name and without nulls, so that a column which is added later, and is
-- null in all that is known, begins no version.
with

declared as (

    select coalesce(array_agg(attributes.attribute), cast('{}' as text[])) as type_1
    from warehouse.dimension_attributes as attributes
    where
        attributes.dimension = 'customers'
        and attributes.scd_type = 1

),

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
    union
    select
        members.source,
        members.customer_id
    from production.customers as members
    where cast($1 as boolean)

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

latest as (

    -- What a later load says of the same moment holds.
    select distinct on (dated.source, dated.customer_id, dated.starts_at) dated.*
    from dated
    order by
        dated.source asc,
        dated.customer_id asc,
        dated.starts_at asc,
        dated.effective_at desc,
        dated.load_sequence desc

),

written_instants as (

    -- The row of a deletion says what the member was until then.
    insert into warehouse.work_instants (
        dimension,
        source,
        member_id,
        starts_at,
        is_deleted,
        batch_id,
        content
    )
    select
        'customers' as dimension,
        latest.source,
        latest.customer_id as member_id,
        latest.starts_at,
        latest.is_deleted,
        latest.batch_id,
        jsonb_strip_nulls(jsonb_build_object(
            'full_name', nullif(concat_ws(' ', latest.first_name, latest.last_name), ''),
            'email', latest.email,
            'phone', latest.phone,
            'gender', latest.gender,
            'birth_date', latest.birth_date,
            'age_group', latest.age_group,
            'customer_segment', latest.segment,
            'city', latest.city,
            'state', latest.state,
            'postal_code', latest.postal_code,
            'country', latest.country,
            'registration_date', latest.registration_date
        )) - declared.type_1 as content
    from latest
    cross join declared
    returning 1 as is_written

),

written_members as (

    insert into warehouse.work_members (
        dimension,
        source,
        member_id,
        is_deleted,
        batch_id
    )
    select
        'customers' as dimension,
        members.source,
        members.customer_id as member_id,
        members.is_deleted,
        members.batch_id
    from production.customers as members
    inner join touched
        on
            members.source = touched.source
            and members.customer_id = touched.customer_id
    returning 1 as is_written

)

select count(*) as rows_inserted
from written_members;
