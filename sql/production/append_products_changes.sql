-- Grain: one row per version of one of the products that a batch brought.
-- Reads: staging.products, ops.rejections, production.products. Writes:
-- production.products_changes.
-- Returns: versions that were looked at, and how many were appended.
-- Rerunnable: a version that the log has already is not appended again.
with

-- An older version of a key was superseded as a row, yet it is part of the history.
cleaned as (

    select
        staged.source,
        staged.product_id,
        production.clean_text(staged.product_name) as product_name,
        staged.category_id,
        production.clean_text(staged.category) as category,
        production.clean_text(staged.sub_category) as sub_category,
        production.clean_text(staged.brand) as brand,
        staged.price,
        staged.cost,
        coalesce(
            currency_names.currency_code,
            case when staged.currency ~ '^[A-Za-z]{3}$' then upper(staged.currency) end,
            production.clean_text(staged.currency),
            retailers.currency
        ) as currency,
        staged.supplier_id,
        staged.is_active,
        staged.updated_at,
        coalesce(
            staged.updated_at,
            -- Midnight of the day that the file is about, where the shop is.
            cast(coalesce(raw_files.business_date, batches.business_date) as timestamp)
            at time zone retailers.time_zone
        ) as effective_at,
        rejections.verdict is null as is_accepted,
        staged.row_id,
        staged.file_id,
        staged.source_line
    from staging.products as staged
    left join ops.rejections as rejections
        on
            staged.batch_id = rejections.batch_id
            and rejections.dataset = 'products'
            and staged.row_id = rejections.row_id
            and rejections.verdict = 'superseded'
    inner join production.retailers as retailers
        on staged.source = retailers.source
    left join production.currency_aliases as currency_names
        on lower(production.clean_text(staged.currency)) = currency_names.alias
    left join ops.raw_files as raw_files
        on staged.file_id = raw_files.file_id
    inner join ops.batches as batches
        on staged.batch_id = batches.batch_id
    where
        staged.batch_id = $1
        -- Asked for by itself: the planner would take a join that lets nothing but nulls and one
        -- word through for a join of one row, and compare all versions with all others.
        and not exists (
            select 1
            from ops.rejections as refusals
            where
                refusals.batch_id = $1
                and refusals.dataset = 'products'
                and refusals.row_id = staged.row_id
                and refusals.verdict in ('quarantined', 'consequence')
        )

),

latest as (

    select distinct on (cleaned.source, cleaned.product_id, cleaned.effective_at) cleaned.*
    from cleaned
    -- A version whose key was quarantined in the end has no member to be the history of.
    inner join production.products as members
        on
            cleaned.source = members.source
            and cleaned.product_id = members.product_id
            and not members.is_inferred
    order by
        cleaned.source asc,
        cleaned.product_id asc,
        cleaned.effective_at asc,
        cleaned.is_accepted desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.product_name, latest.category_id, latest.category, latest.sub_category,
            latest.brand, trim_scale(latest.price), trim_scale(latest.cost), latest.currency,
            latest.supplier_id, latest.is_active, false
        ) as text)) as row_hash
    from latest

),

in_force as (

    -- What the log says of the same moment, before this batch.
    select distinct on (hashed.source, hashed.product_id, hashed.effective_at)
        hashed.source,
        hashed.product_id,
        hashed.effective_at,
        changes.effective_at as in_force_since,
        changes.row_hash
    from hashed
    inner join production.products_changes as changes
        on
            hashed.source = changes.source
            and hashed.product_id = changes.product_id
            and hashed.effective_at >= changes.effective_at
            -- A deletion of the same moment is not a version of it.
            and not (changes.is_deleted and hashed.effective_at = changes.effective_at)
    order by
        hashed.source asc,
        hashed.product_id asc,
        hashed.effective_at asc,
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
        hashed.supplier_id,
        hashed.is_active,
        hashed.updated_at,
        hashed.effective_at,
        cast($1 as bigint) as load_sequence,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join in_force
        on
            hashed.source = in_force.source
            and hashed.product_id = in_force.product_id
            and hashed.effective_at = in_force.effective_at
    where
        in_force.row_hash is distinct from hashed.row_hash
        -- The source says that this was the content at a moment of its own: a version that
        -- arrives later and lies between must not seem to last until now.
        or (hashed.updated_at is not null and in_force.in_force_since < hashed.effective_at)
    on conflict (source, product_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from hashed) as rows_read,
    count(*) as rows_appended
from written;
