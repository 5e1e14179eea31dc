-- Grain: one row per version that dim_products should hold, of the members that this load
-- touches.
-- Reads: warehouse.work_versions, production.products, production.categories,
-- warehouse.dimension_attributes, warehouse.dim_products. Writes: warehouse.work_products.
-- Returns: how many.
-- A version keeps the key of a known one whose beginning it covers.
with recursive

declared as (

    select
        coalesce(
            array_agg(attributes.attribute) filter (where attributes.scd_type = 2),
            cast('{}' as text[])
        ) as type_2,
        bool_or(attributes.scd_type = 1) as has_type_1
    from warehouse.dimension_attributes as attributes
    where attributes.dimension = 'products'

),

tree as (

    select
        categories.source,
        categories.category_id,
        categories.category_name,
        coalesce(categories.category_name, categories.category_id) as category_path,
        array[categories.category_id] as ancestors
    from production.categories as categories
    where categories.parent_category_id is null
    union all
    select
        categories.source,
        categories.category_id,
        categories.category_name,
        tree.category_path || ' > '
        || coalesce(categories.category_name, categories.category_id) as category_path,
        tree.ancestors || categories.category_id as ancestors
    from tree
    inner join production.categories as categories
        on
            tree.source = categories.source
            and tree.category_id = categories.parent_category_id
    -- A tree that bites its own tail must not turn for ever.
    where categories.category_id <> all(tree.ancestors)

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
                            'product_name', members.product_name,
                            'category_id', members.category_id,
                            'category', members.category,
                            'sub_category', members.sub_category,
                            'brand', members.brand,
                            'supplier_id', members.supplier_id,
                            'currency', members.currency,
                            'price', trim_scale(members.price),
                            'cost', trim_scale(members.cost),
                            'is_active', members.is_active
                        )
                    ) - declared.type_2
                )
            else versions.content
        end as content
    from warehouse.work_versions as versions
    inner join production.products as members
        on
            versions.source = members.source
            and versions.member_id = members.product_id
    cross join declared
    where versions.dimension = 'products'

),

shown as (

    select
        attributes.product_name,
        attributes.category_id,
        attributes.category,
        attributes.sub_category,
        attributes.brand,
        attributes.supplier_id,
        attributes.currency,
        attributes.price,
        attributes.cost,
        attributes.is_active,
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
        cast(null as warehouse.work_products), complete.content
    ) as attributes

),

described as (

    select
        shown.product_name,
        shown.category_id,
        coalesce(shown.category, tree.category_name) as category,
        shown.sub_category,
        coalesce(
            tree.category_path,
            nullif(concat_ws(' > ', shown.category, shown.sub_category), '')
        ) as category_path,
        shown.brand,
        shown.supplier_id,
        shown.currency,
        shown.price,
        shown.cost,
        case
            when shown.price is null then 'Unknown'
            when shown.price < 50 then 'Budget'
            when shown.price < 200 then 'Mid-range'
            else 'Premium'
        end as price_range,
        shown.price - shown.cost as profit_margin,
        round(
            100 * (shown.price - shown.cost) / nullif(shown.price, 0), 2
        ) as profit_margin_pct,
        shown.is_active,
        shown.source,
        shown.member_id,
        shown.effective_at,
        shown.valid_from,
        shown.valid_to,
        shown.is_inferred,
        shown.is_deleted,
        shown.batch_id,
        shown.content
    from shown
    left join tree
        on
            shown.source = tree.source
            and shown.category_id = tree.category_id

),

kept_keys as (

    -- A stub has no moment; it stands for the member from the beginning. Of several known versions
    -- that have become one, the earliest gives its key.
    select distinct on (versions.source, versions.member_id, versions.valid_from)
        versions.source,
        versions.member_id,
        versions.valid_from,
        known.product_key
    from warehouse.work_versions as versions
    inner join warehouse.dim_products as known
        on
            versions.source = known.source
            and versions.member_id = known.product_id
            and versions.valid_from
            <= coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00')
            and versions.valid_to
            > coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00')
    where versions.dimension = 'products'
    order by
        versions.source asc,
        versions.member_id asc,
        versions.valid_from asc,
        known.effective_at asc nulls first,
        known.product_key asc

),

written as (

    insert into warehouse.work_products (
        product_key,
        source,
        product_id,
        product_name,
        category_id,
        category,
        sub_category,
        category_path,
        brand,
        supplier_id,
        currency,
        price,
        cost,
        price_range,
        profit_margin,
        profit_margin_pct,
        is_active,
        effective_at,
        valid_from,
        valid_to,
        is_inferred,
        is_deleted,
        row_hash,
        batch_id
    )
    select
        kept_keys.product_key,
        described.source,
        described.member_id as product_id,
        described.product_name,
        described.category_id,
        described.category,
        described.sub_category,
        described.category_path,
        described.brand,
        described.supplier_id,
        described.currency,
        described.price,
        described.cost,
        described.price_range,
        described.profit_margin,
        described.profit_margin_pct,
        described.is_active,
        described.effective_at,
        described.valid_from,
        described.valid_to,
        described.is_inferred,
        described.is_deleted,
        md5(concat_ws(
            '|',
            described.is_inferred,
            described.is_deleted,
            jsonb_strip_nulls(described.content || jsonb_build_object(
                'category', described.category,
                'category_path', described.category_path
            ))
        )) as row_hash,
        described.batch_id
    from described
    left join kept_keys
        on
            described.source = kept_keys.source
            and described.member_id = kept_keys.member_id
            and described.valid_from = kept_keys.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
