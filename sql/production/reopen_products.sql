-- Grain: one row per product that is there again although its log says that it vanished.
-- Reads: production.products, production.products_changes, ops.batches, ops.raw_files. Writes:
-- production.products_changes.
-- Returns: products that were looked at, and how many rows were appended.
-- Who vanished and comes again as before lives again from the day that the batch is about, always
-- after its end.
-- Rerunnable: a log that ends with a version is left alone.
with

vanished as materialized (

    select distinct
        changes.source,
        changes.product_id
    from production.products_changes as changes
    where changes.is_vanished

),

returned as materialized (

    select known.*
    from vanished
    inner join production.products as known
        on
            vanished.source = known.source
            and vanished.product_id = known.product_id
    where
        known.batch_id = $1
        and not known.is_deleted

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select distinct on (returned.source, returned.product_id)
        returned.source,
        returned.product_id,
        changes.effective_at,
        changes.is_vanished
    from returned
    inner join production.products_changes as changes
        on
            returned.source = changes.source
            and returned.product_id = changes.product_id
    order by
        returned.source asc,
        returned.product_id asc,
        changes.effective_at desc,
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
        returned.source,
        returned.product_id,
        returned.product_name,
        returned.category_id,
        returned.category,
        returned.sub_category,
        returned.brand,
        returned.price,
        returned.cost,
        returned.currency,
        returned.supplier_id,
        returned.is_active,
        returned.updated_at,
        greatest(
            days.told_at, last_changes.effective_at + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        md5(cast(row(
            returned.product_name, returned.category_id, returned.category,
            returned.sub_category, returned.brand, trim_scale(returned.price),
            trim_scale(returned.cost), returned.currency, returned.supplier_id,
            returned.is_active, false
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        returned.file_id,
        returned.source_line,
        cast($2 as timestamptz) as loaded_at
    from returned
    cross join days
    inner join last_changes
        on
            returned.source = last_changes.source
            and returned.product_id = last_changes.product_id
            and last_changes.is_vanished
    on conflict (source, product_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from returned) as rows_read,
    count(*) as rows_appended
from written;
