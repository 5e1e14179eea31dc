-- Grain: one row per deletion of one of the products that the log does not tell of yet.
-- Reads: production.deletes, production.products_changes. Writes: production.products_changes.
-- Returns: deletions that were looked at, and how many rows were appended.
-- A deletion closes the version that holds at its moment and says what that said. Before the first
-- version there is nothing to close; an earlier version that comes later is closed then. Whichever
-- came first, a deletion holds against a version of the same moment, and a later one lives again.
-- Rerunnable: a deletion that the log tells of is not appended again.
with

touched as (

    select
        deletes.source,
        deletes.key
    from production.deletes as deletes
    where
        deletes.batch_id = $1
        and deletes.entity = 'products'
    union
    select
        deletes.source,
        deletes.key
    from production.deletes as deletes
    inner join production.products_changes as changes
        on
            deletes.source = changes.source
            and deletes.key = changes.product_id
    where
        deletes.entity = 'products'
        and changes.batch_id = $1

),

closing as (

    -- The version that each deletion ends.
    select distinct on (deletes.source, deletes.key, deletes.deleted_at)
        deletes.source,
        deletes.key as product_id,
        deletes.deleted_at,
        deletes.file_id,
        deletes.source_line,
        changes.product_name,
        changes.category_id,
        changes.category,
        changes.sub_category,
        changes.brand,
        changes.price,
        changes.cost,
        changes.currency,
        changes.supplier_id,
        changes.is_active,
        md5(cast(row(
            changes.product_name, changes.category_id, changes.category, changes.sub_category,
            changes.brand, trim_scale(changes.price), trim_scale(changes.cost), changes.currency,
            changes.supplier_id, changes.is_active, true
        ) as text)) as row_hash
    from touched
    inner join production.deletes as deletes
        on
            touched.source = deletes.source
            and touched.key = deletes.key
            and deletes.entity = 'products'
    inner join production.products_changes as changes
        on
            deletes.source = changes.source
            and deletes.key = changes.product_id
            and deletes.deleted_at >= changes.effective_at
            and not changes.is_deleted
    order by
        deletes.source asc,
        deletes.key asc,
        deletes.deleted_at asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

known as (

    -- What the log says of the same deletion.
    select distinct on (changes.source, changes.product_id, changes.effective_at)
        changes.source,
        changes.product_id,
        changes.effective_at,
        changes.row_hash
    from closing
    inner join production.products_changes as changes
        on
            closing.source = changes.source
            and closing.product_id = changes.product_id
            and closing.deleted_at = changes.effective_at
            and changes.is_deleted
            and changes.load_sequence >= production.deletion_sequence(0)
    order by
        changes.source asc,
        changes.product_id asc,
        changes.effective_at asc,
        changes.load_sequence desc

),

written as (

    insert into production.products_changes (
        source,
        product_id,
        product_name,
        category_id,
        category,
        sub_category,
        brand,
        price,
        cost,
        currency,
        supplier_id,
        is_active,
        effective_at,
        load_sequence,
        is_deleted,
        row_hash,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        closing.source,
        closing.product_id,
        closing.product_name,
        closing.category_id,
        closing.category,
        closing.sub_category,
        closing.brand,
        closing.price,
        closing.cost,
        closing.currency,
        closing.supplier_id,
        closing.is_active,
        closing.deleted_at as effective_at,
        production.deletion_sequence($1) as load_sequence,
        true as is_deleted,
        closing.row_hash,
        cast($1 as bigint) as batch_id,
        closing.file_id,
        closing.source_line,
        cast($2 as timestamptz) as loaded_at
    from closing
    left join known
        on
            closing.source = known.source
            and closing.product_id = known.product_id
            and closing.deleted_at = known.effective_at
    where known.row_hash is distinct from closing.row_hash
    on conflict (source, product_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from closing) as rows_read,
    count(*) as rows_appended
from written;
