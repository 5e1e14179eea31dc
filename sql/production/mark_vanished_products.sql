-- Grain: one row per product that has vanished from its source.
-- Reads: ops.ledger, ops.batches, ops.raw_files, staging.products.
-- Writes: production.products, production.products_changes.
-- Returns: how many were marked as deleted.
-- Only where the batch is all that the source has; `quality` has guarded against a mass of them.
-- The log closes their last version at the day that the batch is about, always after that version:
-- at its own moment the end would hide it.
-- Rerunnable: what is marked stays so; what comes again loses the mark.
with

vanished as materialized (

    select known.*
    from ops.ledger as booked
    inner join ops.batches as batches
        on booked.batch_id = batches.batch_id
    inner join production.products as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'products'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
        -- A stub was never in the source's rows.
        and not known.is_inferred
        and not exists (
            select 1
            from staging.products as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.product_id = known.product_id
        )

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select
        vanished.source,
        vanished.product_id,
        max(changes.effective_at) as effective_at
    from vanished
    inner join production.products_changes as changes
        on
            vanished.source = changes.source
            and vanished.product_id = changes.product_id
    group by
        vanished.source,
        vanished.product_id

),

closed as (

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
        is_vanished,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        vanished.source,
        vanished.product_id,
        vanished.product_name,
        vanished.category_id,
        vanished.category,
        vanished.sub_category,
        vanished.brand,
        vanished.price,
        vanished.cost,
        vanished.currency,
        vanished.supplier_id,
        vanished.is_active,
        greatest(
            days.told_at,
            greatest(vanished.effective_at, last_changes.effective_at)
            + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        true as is_deleted,
        true as is_vanished,
        md5(cast(row(
            vanished.product_name, vanished.category_id, vanished.category,
            vanished.sub_category, vanished.brand, trim_scale(vanished.price),
            trim_scale(vanished.cost), vanished.currency, vanished.supplier_id,
            vanished.is_active, true
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        cast($2 as timestamptz) as loaded_at
    from vanished
    cross join days
    left join last_changes
        on
            vanished.source = last_changes.source
            and vanished.product_id = last_changes.product_id
    on conflict (source, product_id, effective_at, load_sequence) do nothing

),

written as (

    update production.products as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.product_id = vanished.product_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
