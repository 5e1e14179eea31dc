-- Grain: one row per (source, product_id).
-- Reads: staging.products, ops.rejections. Writes: production.products.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.products as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'products'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.product_id,
        production.clean_text(accepted.product_name) as product_name,
        accepted.category_id,
        production.clean_text(accepted.category) as category,
        production.clean_text(accepted.sub_category) as sub_category,
        production.clean_text(accepted.brand) as brand,
        accepted.price,
        accepted.cost,
        coalesce(
            currency_names.currency_code,
            case when accepted.currency ~ '^[A-Za-z]{3}$' then upper(accepted.currency) end,
            production.clean_text(accepted.currency),
            retailers.currency
        ) as currency,
        accepted.stock_quantity,
        accepted.supplier_id,
        accepted.is_active,
        accepted.updated_at,
        coalesce(
            accepted.updated_at,
            -- Midnight of the day that the file is about, where the shop is.
            cast(coalesce(raw_files.business_date, batches.business_date) as timestamp)
            at time zone retailers.time_zone
        ) as effective_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted
    inner join production.retailers as retailers
        on accepted.source = retailers.source
    left join production.currency_aliases as currency_names
        on lower(production.clean_text(accepted.currency)) = currency_names.alias
    left join ops.raw_files as raw_files
        on accepted.file_id = raw_files.file_id
    inner join ops.batches as batches
        on accepted.batch_id = batches.batch_id

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.product_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.product_id asc,
        cleaned.effective_at desc,
        num_nonnulls(
            cleaned.product_name, cleaned.category_id, cleaned.category, cleaned.sub_category,
            cleaned.brand, cleaned.price, cleaned.cost, cleaned.currency,
            cleaned.stock_quantity, cleaned.supplier_id, cleaned.is_active, cleaned.updated_at
        ) desc,
        cleaned.row_id desc

),

whole as (

    -- Whether the batch is all that its source has.
    select count(*) > 0 as is_whole
    from ops.ledger as booked
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'products'
        and booked.is_whole

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.product_id, latest.product_name, latest.category_id, latest.category,
            latest.sub_category, latest.brand, trim_scale(latest.price),
            trim_scale(latest.cost), latest.currency, trim_scale(latest.stock_quantity),
            latest.supplier_id, latest.is_active, extract(epoch from latest.updated_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.products as kept (
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
        stock_quantity,
        supplier_id,
        is_active,
        updated_at,
        effective_at,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.product_id,
        hashed.product_name,
        hashed.category_id,
        hashed.category,
        hashed.sub_category,
        hashed.brand,
        hashed.price,
        hashed.cost,
        hashed.currency,
        hashed.stock_quantity,
        hashed.supplier_id,
        hashed.is_active,
        hashed.updated_at,
        hashed.effective_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    cross join whole
    left join production.products as known
        on
            hashed.source = known.source
            and hashed.product_id = known.product_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'products',
                    hashed.product_id,
                    hashed.effective_at
                )
            )
        )
        -- An older version never replaces a newer one, unless that had vanished and the older is
        -- what the source has now.
        and (
            coalesce(hashed.effective_at >= known.effective_at, true)
            or (
                known.is_deleted
                and whole.is_whole
                and not production.is_gone(
                    hashed.source,
                    'products',
                    hashed.product_id,
                    hashed.effective_at
                )
            )
        )
    on conflict (source, product_id) do update
        set
            product_name = excluded.product_name,
            category_id = excluded.category_id,
            category = excluded.category,
            sub_category = excluded.sub_category,
            brand = excluded.brand,
            price = excluded.price,
            cost = excluded.cost,
            currency = excluded.currency,
            stock_quantity = excluded.stock_quantity,
            supplier_id = excluded.supplier_id,
            is_active = excluded.is_active,
            updated_at = excluded.updated_at,
            effective_at = excluded.effective_at,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
