-- Grain: one row per reason why one of several rows with the same key survived.
-- Reads: staging.*, ops.rejections, ops.raw_files. Writes: ops.corrections. $1 batch, $2 dataset.
-- Returns: what was written.
-- The newest version survives, of two the more complete one, of two the last line; whether quality
-- held the others back or production left them out. A row that is refused is no rival.
-- Rerunnable: the same rows give the same counts.
with

staged as (

    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.customer_id) as text) as key_text,
        num_nonnulls(
            staged.first_name, staged.last_name, staged.email, staged.phone,
            staged.birth_date, staged.gender, staged.age_group, staged.segment,
            staged.registration_date, staged.city, staged.state, staged.postal_code,
            staged.country, staged.updated_at
        ) as value_count
    from staging.customers as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'customers'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.category_id) as text) as key_text,
        num_nonnulls(
            staged.parent_category_id, staged.category_name
        ) as value_count
    from staging.categories as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'categories'
    union all
    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.product_id) as text) as key_text,
        num_nonnulls(
            staged.product_name, staged.category_id, staged.category,
            staged.sub_category, staged.brand, staged.price, staged.cost,
            staged.currency, staged.stock_quantity, staged.supplier_id,
            staged.is_active, staged.updated_at
        ) as value_count
    from staging.products as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'products'
    union all
    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.supplier_id) as text) as key_text,
        num_nonnulls(
            staged.supplier_name, staged.city, staged.state, staged.country,
            staged.lead_time_days, staged.updated_at
        ) as value_count
    from staging.suppliers as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'suppliers'
    union all
    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.store_id) as text) as key_text,
        num_nonnulls(
            staged.store_name, staged.store_type, staged.manager, staged.city,
            staged.state, staged.country, staged.region, staged.opened_date,
            staged.updated_at
        ) as value_count
    from staging.stores as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'stores'
    union all
    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.sales_rep_id) as text) as key_text,
        num_nonnulls(
            staged.sales_rep_name, staged.email, staged.region,
            staged.commission_rate, staged.updated_at
        ) as value_count
    from staging.sales_representatives as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'sales_representatives'
    union all
    select
        staged.row_id,
        staged.file_id,
        staged.updated_at,
        cast(row(staged.transaction_id) as text) as key_text,
        num_nonnulls(
            staged.customer_id, staged.store_id, staged.sales_rep_id,
            staged.transaction_at, staged.status, staged.payment_method,
            staged.currency, staged.shipping_address, staged.shipping_city,
            staged.shipping_state, staged.shipping_postal_code,
            staged.shipping_country, staged.billing_city, staged.billing_state,
            staged.billing_postal_code, staged.billing_country,
            staged.discount_amount, staged.tax_amount, staged.shipping_amount,
            staged.total_amount, staged.updated_at
        ) as value_count
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'transactions'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.transaction_id, staged.line_number) as text) as key_text,
        num_nonnulls(
            staged.item_id, staged.product_id, staged.supplier_id, staged.quantity,
            staged.unit_price, staged.discount_percentage, staged.discount_amount,
            staged.line_total
        ) as value_count
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'transaction_items'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.transaction_id, staged.payment_sequence) as text) as key_text,
        num_nonnulls(
            staged.payment_method, staged.installments, staged.amount,
            staged.status, staged.paid_at
        ) as value_count
    from staging.payments as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'payments'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.transaction_id, staged.shipment_id) as text) as key_text,
        num_nonnulls(
            staged.carrier, staged.status, staged.shipping_cost, staged.shipped_at,
            staged.delivered_at, staged.estimated_delivery_at
        ) as value_count
    from staging.shipments as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'shipments'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.product_id, staged.movement_id) as text) as key_text,
        num_nonnulls(
            staged.store_id, staged.movement_type, staged.quantity,
            staged.unit_cost, staged.moved_at
        ) as value_count
    from staging.inventory_movements as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'inventory_movements'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.snapshot_date, staged.product_id, staged.store_id) as text) as key_text,
        num_nonnulls(
            staged.quantity_on_hand, staged.reorder_point
        ) as value_count
    from staging.inventory_snapshots as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'inventory_snapshots'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.visitor_id, staged.event_id) as text) as key_text,
        num_nonnulls(
            staged.session_id, staged.customer_id, staged.event_type,
            staged.product_id, staged.occurred_at, staged.properties
        ) as value_count
    from staging.web_events as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'web_events'
    union all
    select
        staged.row_id,
        staged.file_id,
        cast(null as timestamptz) as updated_at,
        cast(row(staged.entity, staged.key, staged.deleted_at) as text) as key_text,
        num_nonnulls(
            staged.deleted_at
        ) as value_count
    from staging.deletes as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'deletes'

),

rivals as (

    select
        staged.key_text,
        staged.row_id,
        staged.value_count,
        coalesce(
            staged.updated_at,
            cast(raw_files.business_date as timestamp) at time zone 'UTC',
            timestamptz '1900-01-01 00:00:00+00'
        ) as version_at
    from staged
    left join ops.raw_files as raw_files
        on staged.file_id = raw_files.file_id
    where
        not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = cast($2 as text)
                and rejections.row_id = staged.row_id
                and rejections.verdict in ('quarantined', 'consequence')
        )

),

ranked as (

    select
        rivals.version_at,
        rivals.value_count,
        row_number() over by_survival as place,
        first_value(rivals.version_at) over by_survival as kept_version_at,
        first_value(rivals.value_count) over by_survival as kept_value_count
    from rivals
    window by_survival as (
        partition by rivals.key_text
        order by
            rivals.version_at desc,
            rivals.value_count desc,
            rivals.row_id desc
    )

),

explained as (

    select
        case
            when ranked.version_at < ranked.kept_version_at then 'newest'
            when ranked.value_count < ranked.kept_value_count then 'most_complete'
            else 'last_line'
        end as rule
    from ranked
    where ranked.place > 1

),

written as (

    insert into ops.corrections (
        batch_id,
        dataset,
        column_name,
        rule,
        rows_corrected
    )
    select
        cast($1 as bigint) as batch_id,
        cast($2 as text) as dataset,
        '*' as column_name,
        explained.rule,
        count(*) as rows_corrected
    from explained
    group by explained.rule
    on conflict (batch_id, dataset, column_name, rule) do update
        set
            rows_corrected = excluded.rows_corrected
    returning
        column_name,
        rule,
        rows_corrected

)

select
    written.column_name,
    written.rule,
    written.rows_corrected
from written
order by written.rule;
