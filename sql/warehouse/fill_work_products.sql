-- Grain: one row per version that dim_products should hold, of the members that this load touches.
-- Reads: production.products, production.products_changes, warehouse.dim_products.
-- Writes: warehouse.work_products. Returns: how many.
-- The versions follow from the whole log of a member, so any order of arrival gives the same ones.
with recursive

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

instants as (

    -- What a later load says of the same moment holds.
    select distinct on (dated.source, dated.product_id, dated.starts_at)
        dated.*,
        md5(cast(row(
            trim_scale(dated.price),
            trim_scale(dated.cost),
            dated.currency,
            dated.category_id,
            dated.category,
            dated.sub_category,
            dated.is_deleted
        ) as text)) as version_hash
    from dated
    order by
        dated.source asc,
        dated.product_id asc,
        dated.starts_at asc,
        dated.effective_at desc,
        dated.load_sequence desc

),

compared as (

    select
        instants.*,
        lag(instants.version_hash) over (
            partition by instants.source, instants.product_id
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
            partition by compared.source, compared.product_id
            order by compared.starts_at
        ) as valid_to
    from compared
    where compared.previous_hash is distinct from compared.version_hash

),

described as (

    -- A member that something refers to before it has arrived has one version, a stub.
    select
        members.source,
        members.product_id,
        members.product_name,
        versions.category_id,
        coalesce(versions.category, tree.category_name) as category,
        versions.sub_category,
        coalesce(
            tree.category_path,
            nullif(concat_ws(' > ', versions.category, versions.sub_category), '')
        ) as category_path,
        members.brand,
        members.supplier_id,
        versions.currency,
        versions.price,
        versions.cost,
        case
            when versions.price is null then 'Unknown'
            when versions.price < 50 then 'Budget'
            when versions.price < 200 then 'Mid-range'
            else 'Premium'
        end as price_range,
        versions.price - versions.cost as profit_margin,
        round(
            100 * (versions.price - versions.cost) / nullif(versions.price, 0), 2
        ) as profit_margin_pct,
        members.is_active,
        versions.starts_at as effective_at,
        coalesce(versions.valid_from, timestamptz '1900-01-01 00:00:00+00') as valid_from,
        coalesce(versions.valid_to, timestamptz '9999-12-31 00:00:00+00') as valid_to,
        members.is_inferred,
        coalesce(versions.is_deleted, members.is_deleted) as is_deleted,
        coalesce(versions.batch_id, members.batch_id) as batch_id
    from touched
    inner join production.products as members
        on
            touched.source = members.source
            and touched.product_id = members.product_id
    left join versions
        on
            touched.source = versions.source
            and touched.product_id = versions.product_id
    left join tree
        on
            versions.source = tree.source
            and versions.category_id = tree.category_id

),

known_versions as (

    -- A stub has no moment; it stands for the member from the beginning.
    select
        known.*,
        coalesce(known.effective_at, timestamptz '1900-01-01 00:00:00+00') as starts_at
    from warehouse.dim_products as known
    inner join touched
        on
            known.source = touched.source
            and known.product_id = touched.product_id

),

kept_keys as (

    -- A version keeps the key of the earliest known version that it covers.
    select distinct on (described.source, described.product_id, described.valid_from)
        described.source,
        described.product_id,
        described.valid_from,
        known_versions.product_key
    from described
    inner join known_versions
        on
            described.source = known_versions.source
            and described.product_id = known_versions.product_id
            and described.valid_from <= known_versions.starts_at
            and described.valid_to > known_versions.starts_at
    order by
        described.source asc,
        described.product_id asc,
        described.valid_from asc,
        known_versions.starts_at asc,
        known_versions.product_key asc

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
        described.product_id,
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
        md5(cast(row(
            described.product_name,
            described.category_id,
            described.category,
            described.sub_category,
            described.category_path,
            described.brand,
            described.supplier_id,
            described.currency,
            trim_scale(described.price),
            trim_scale(described.cost),
            described.is_active,
            described.is_inferred,
            described.is_deleted
        ) as text)) as row_hash,
        described.batch_id
    from described
    left join kept_keys
        on
            described.source = kept_keys.source
            and described.product_id = kept_keys.product_id
            and described.valid_from = kept_keys.valid_from
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
