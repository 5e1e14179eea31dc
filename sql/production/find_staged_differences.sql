-- Contract: staging holds of every dataset as many rows of the batch as the ledger says.
-- Reads: staging.*, ops.ledger. Writes: nothing.
-- Returns: the datasets for which it does not.
with

found as (

    select
        'customers' as dataset,
        count(*) as rows_found
    from staging.customers
    where batch_id = $1
    union all
    select
        'categories' as dataset,
        count(*) as rows_found
    from staging.categories
    where batch_id = $1
    union all
    select
        'products' as dataset,
        count(*) as rows_found
    from staging.products
    where batch_id = $1
    union all
    select
        'suppliers' as dataset,
        count(*) as rows_found
    from staging.suppliers
    where batch_id = $1
    union all
    select
        'stores' as dataset,
        count(*) as rows_found
    from staging.stores
    where batch_id = $1
    union all
    select
        'sales_representatives' as dataset,
        count(*) as rows_found
    from staging.sales_representatives
    where batch_id = $1
    union all
    select
        'transactions' as dataset,
        count(*) as rows_found
    from staging.transactions
    where batch_id = $1
    union all
    select
        'transaction_items' as dataset,
        count(*) as rows_found
    from staging.transaction_items
    where batch_id = $1
    union all
    select
        'payments' as dataset,
        count(*) as rows_found
    from staging.payments
    where batch_id = $1
    union all
    select
        'shipments' as dataset,
        count(*) as rows_found
    from staging.shipments
    where batch_id = $1
    union all
    select
        'inventory_movements' as dataset,
        count(*) as rows_found
    from staging.inventory_movements
    where batch_id = $1
    union all
    select
        'inventory_snapshots' as dataset,
        count(*) as rows_found
    from staging.inventory_snapshots
    where batch_id = $1
    union all
    select
        'web_events' as dataset,
        count(*) as rows_found
    from staging.web_events
    where batch_id = $1
    union all
    select
        'deletes' as dataset,
        count(*) as rows_found
    from staging.deletes
    where batch_id = $1

),

booked as (

    select
        ledger.dataset,
        coalesce(ledger.rows_staged, 0) as rows_staged
    from ops.ledger as ledger
    where
        ledger.batch_id = $1
        and ledger.layer = 'staging'

)

select
    found.dataset,
    coalesce(booked.rows_staged, 0) as rows_staged,
    found.rows_found
from found
left join booked
    on found.dataset = booked.dataset
where found.rows_found <> coalesce(booked.rows_staged, 0)
order by found.dataset;
