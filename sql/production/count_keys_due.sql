-- Contract: of the accepted rows of a dataset, survivorship leaves out second rows of a key and
-- rows of an older version of their order, and nothing else.
-- Reads: staging.*, ops.rejections, production.transactions. Writes: nothing. $1 batch, $2 dataset.
-- Returns: how many keys must have been published, and how many rows are of older versions.
with

staged as (

    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.customer_id) as text) as key_text
    from staging.customers as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'customers'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.category_id) as text) as key_text
    from staging.categories as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'categories'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.product_id) as text) as key_text
    from staging.products as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'products'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.supplier_id) as text) as key_text
    from staging.suppliers as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'suppliers'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.store_id) as text) as key_text
    from staging.stores as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'stores'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.sales_rep_id) as text) as key_text
    from staging.sales_representatives as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'sales_representatives'
    union all
    select
        staged.row_id,
        staged.source,
        staged.transaction_id as order_id,
        cast(row(staged.source, staged.transaction_id) as text) as key_text
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'transactions'
    union all
    select
        staged.row_id,
        staged.source,
        staged.transaction_id as order_id,
        cast(row(staged.source, staged.transaction_id, staged.line_number) as text) as key_text
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'transaction_items'
    union all
    select
        staged.row_id,
        staged.source,
        staged.transaction_id as order_id,
        cast(row(staged.source, staged.transaction_id, staged.payment_sequence) as text) as key_text
    from staging.payments as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'payments'
    union all
    select
        staged.row_id,
        staged.source,
        staged.transaction_id as order_id,
        cast(row(staged.source, staged.transaction_id, staged.shipment_id) as text) as key_text
    from staging.shipments as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'shipments'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.product_id, staged.movement_id) as text) as key_text
    from staging.inventory_movements as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'inventory_movements'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(
            staged.source, staged.snapshot_date, staged.product_id, staged.store_id
        ) as text) as key_text
    from staging.inventory_snapshots as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'inventory_snapshots'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.visitor_id, staged.event_id) as text) as key_text
    from staging.web_events as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'web_events'
    union all
    select
        staged.row_id,
        staged.source,
        cast(null as text) as order_id,
        cast(row(staged.source, staged.entity, staged.key, staged.deleted_at) as text) as key_text
    from staging.deletes as staged
    where
        staged.batch_id = $1
        and cast($2 as text) = 'deletes'

),

accepted as (

    select
        staged.key_text,
        older.transaction_id is not null as is_older
    from staged
    left join production.older_orders($1) as older
        on
            staged.source = older.source
            and staged.order_id = older.transaction_id
    where
        not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = cast($2 as text)
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

)

select
    count(distinct accepted.key_text) filter (where not accepted.is_older) as keys_due,
    count(*) filter (where accepted.is_older) as rows_older
from accepted;
