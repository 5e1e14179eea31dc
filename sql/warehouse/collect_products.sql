-- Grain: one row per product that this load touches, and one per moment of its log.
-- Reads: production.products, production.products_changes, production.categories,
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
        attributes.dimension = 'products'
        and attributes.scd_type = 1

),

touched as (

    select
        members.source,
        members.product_id
    from production.products as members
    inner join warehouse.work_sources as sources
        on
            members.source = sources.source
            and members.batch_id > sources.after_batch_id
    union
    select
        changes.source,
        changes.product_id
    from production.products_changes as changes
    inner join warehouse.work_sources as sources
        on
            changes.source = sources.source
            and changes.batch_id > sources.after_batch_id
    union
    -- A renamed or moved category changes the path of every product below it.
    select
        members.source,
        members.product_id
    from production.products as members
    where
        exists (
            select 1
            from production.categories as categories
            inner join warehouse.work_sources as sources
                on
                    categories.source = sources.source
                    and categories.batch_id > sources.after_batch_id
            where categories.source = members.source
        )
    union
    select
        members.source,
        members.product_id
    from production.products as members
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
    from production.products_changes as changes
    inner join touched
        on
            changes.source = touched.source
            and changes.product_id = touched.product_id

),

latest as (

    -- What a later load says of the same moment holds.
    select distinct on (dated.source, dated.product_id, dated.starts_at) dated.*
    from dated
    order by
        dated.source asc,
        dated.product_id asc,
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
        'products' as dimension,
        latest.source,
        latest.product_id as member_id,
        latest.starts_at,
        latest.is_deleted,
        latest.batch_id,
        jsonb_strip_nulls(jsonb_build_object(
            'product_name', latest.product_name,
            'category_id', latest.category_id,
            'category', latest.category,
            'sub_category', latest.sub_category,
            'brand', latest.brand,
            'supplier_id', latest.supplier_id,
            'currency', latest.currency,
            'price', trim_scale(latest.price),
            'cost', trim_scale(latest.cost),
            'is_active', latest.is_active
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
        'products' as dimension,
        members.source,
        members.product_id as member_id,
        members.is_deleted,
        members.batch_id
    from production.products as members
    inner join touched
        on
            members.source = touched.source
            and members.product_id = touched.product_id
    returning 1 as is_written

)

select count(*) as rows_inserted
from written_members;
