-- Grain: one row per (source, transaction_id).
-- Reads: staging.transactions, ops.rejections, production.country_aliases. Writes:
-- production.transactions.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transactions'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
        -- An older version never replaces a newer one.
        and not exists (
            select 1
            from production.older_orders($1) as older
            where
                older.source = staged.source
                and older.transaction_id = staged.transaction_id
        )

),

cleaned as (

    select
        accepted.source,
        accepted.transaction_id,
        accepted.customer_id,
        accepted.store_id,
        accepted.sales_rep_id,
        accepted.transaction_at,
        production.clean_text(accepted.status) as status,
        production.clean_text(accepted.payment_method) as payment_method,
        coalesce(
            currency_names.currency_code,
            case when accepted.currency ~ '^[A-Za-z]{3}$' then upper(accepted.currency) end,
            production.clean_text(accepted.currency),
            retailers.currency
        ) as currency,
        production.clean_text(accepted.shipping_address) as shipping_address,
        production.clean_text(accepted.shipping_city) as shipping_city,
        production.clean_text(accepted.shipping_state) as shipping_state,
        production.clean_text(accepted.shipping_postal_code) as shipping_postal_code,
        coalesce(
            shipping_names.country_code, production.clean_text(accepted.shipping_country)
        ) as shipping_country,
        production.clean_text(accepted.billing_city) as billing_city,
        production.clean_text(accepted.billing_state) as billing_state,
        production.clean_text(accepted.billing_postal_code) as billing_postal_code,
        coalesce(
            billing_names.country_code, production.clean_text(accepted.billing_country)
        ) as billing_country,
        accepted.discount_amount,
        accepted.tax_amount,
        accepted.shipping_amount,
        accepted.total_amount,
        accepted.updated_at,
        coalesce(
            cast(accepted.transaction_at at time zone retailers.time_zone as date),
            raw_files.business_date,
            batches.business_date
        ) as sale_date,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted
    inner join production.retailers as retailers
        on accepted.source = retailers.source
    left join production.currency_aliases as currency_names
        on lower(production.clean_text(accepted.currency)) = currency_names.alias
    left join production.country_aliases as shipping_names
        on lower(production.clean_text(accepted.shipping_country)) = shipping_names.alias
    left join production.country_aliases as billing_names
        on lower(production.clean_text(accepted.billing_country)) = billing_names.alias
    left join ops.raw_files as raw_files
        on accepted.file_id = raw_files.file_id
    inner join ops.batches as batches
        on accepted.batch_id = batches.batch_id

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.transaction_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.transaction_id asc,
        cleaned.updated_at desc nulls last,
        num_nonnulls(
            cleaned.customer_id, cleaned.store_id, cleaned.sales_rep_id, cleaned.transaction_at,
            cleaned.status, cleaned.payment_method, cleaned.currency, cleaned.shipping_address,
            cleaned.shipping_city, cleaned.shipping_state, cleaned.shipping_postal_code,
            cleaned.shipping_country, cleaned.billing_city, cleaned.billing_state,
            cleaned.billing_postal_code, cleaned.billing_country, cleaned.discount_amount,
            cleaned.tax_amount, cleaned.shipping_amount, cleaned.total_amount,
            cleaned.updated_at
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.transaction_id, latest.customer_id, latest.store_id, latest.sales_rep_id,
            extract(epoch from latest.transaction_at), latest.status, latest.payment_method,
            latest.currency, latest.shipping_address, latest.shipping_city,
            latest.shipping_state, latest.shipping_postal_code, latest.shipping_country,
            latest.billing_city, latest.billing_state, latest.billing_postal_code,
            latest.billing_country, trim_scale(latest.discount_amount),
            trim_scale(latest.tax_amount), trim_scale(latest.shipping_amount),
            trim_scale(latest.total_amount), extract(epoch from latest.updated_at),
            latest.sale_date - date '2000-01-01'
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.transactions as kept (
        source,
        transaction_id,
        customer_id,
        store_id,
        sales_rep_id,
        transaction_at,
        status,
        payment_method,
        currency,
        shipping_address,
        shipping_city,
        shipping_state,
        shipping_postal_code,
        shipping_country,
        billing_city,
        billing_state,
        billing_postal_code,
        billing_country,
        discount_amount,
        tax_amount,
        shipping_amount,
        total_amount,
        updated_at,
        sale_date,
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
        hashed.transaction_id,
        hashed.customer_id,
        hashed.store_id,
        hashed.sales_rep_id,
        hashed.transaction_at,
        hashed.status,
        hashed.payment_method,
        hashed.currency,
        hashed.shipping_address,
        hashed.shipping_city,
        hashed.shipping_state,
        hashed.shipping_postal_code,
        hashed.shipping_country,
        hashed.billing_city,
        hashed.billing_state,
        hashed.billing_postal_code,
        hashed.billing_country,
        hashed.discount_amount,
        hashed.tax_amount,
        hashed.shipping_amount,
        hashed.total_amount,
        hashed.updated_at,
        hashed.sale_date,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.transactions as known
        on
            hashed.source = known.source
            and hashed.transaction_id = known.transaction_id
    where
        known.row_hash is distinct from hashed.row_hash
        -- What its source deleted since stays deleted.
        or (
            known.is_deleted
            and not production.is_gone(
                hashed.source,
                'transactions',
                hashed.transaction_id,
                production.told_at(hashed.updated_at, hashed.file_id, $1)
            )
        )
    on conflict (source, transaction_id) do update
        set
            customer_id = excluded.customer_id,
            store_id = excluded.store_id,
            sales_rep_id = excluded.sales_rep_id,
            transaction_at = excluded.transaction_at,
            status = excluded.status,
            payment_method = excluded.payment_method,
            currency = excluded.currency,
            shipping_address = excluded.shipping_address,
            shipping_city = excluded.shipping_city,
            shipping_state = excluded.shipping_state,
            shipping_postal_code = excluded.shipping_postal_code,
            shipping_country = excluded.shipping_country,
            billing_city = excluded.billing_city,
            billing_state = excluded.billing_state,
            billing_postal_code = excluded.billing_postal_code,
            billing_country = excluded.billing_country,
            discount_amount = excluded.discount_amount,
            tax_amount = excluded.tax_amount,
            shipping_amount = excluded.shipping_amount,
            total_amount = excluded.total_amount,
            updated_at = excluded.updated_at,
            sale_date = excluded.sale_date,
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
