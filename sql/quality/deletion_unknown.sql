-- Grain: one row per staged deletion of a row that neither this batch nor production has.
-- Reads: staging.deletes, the entities in staging and production. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- A deletion may come before its row, so that it is worth a look and no fault. A stub is not known:
-- nobody has brought it.
with

asked as (

    select
        staged.row_id,
        staged.entity,
        staged.key
    from staging.deletes as staged
    where
        staged.batch_id = $1
        and num_nulls(staged.entity, staged.key) = 0

),

found as (

    select asked.row_id
    from asked
    inner join production.customers as known
        on
            known.source = $2
            and known.customer_id = asked.key
    where
        asked.entity = 'customers'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.customers as staged
        on
            staged.batch_id = $1
            and staged.customer_id = asked.key
    where asked.entity = 'customers'
    union all
    select asked.row_id
    from asked
    inner join production.categories as known
        on
            known.source = $2
            and known.category_id = asked.key
    where
        asked.entity = 'categories'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.categories as staged
        on
            staged.batch_id = $1
            and staged.category_id = asked.key
    where asked.entity = 'categories'
    union all
    select asked.row_id
    from asked
    inner join production.products as known
        on
            known.source = $2
            and known.product_id = asked.key
    where
        asked.entity = 'products'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.products as staged
        on
            staged.batch_id = $1
            and staged.product_id = asked.key
    where asked.entity = 'products'
    union all
    select asked.row_id
    from asked
    inner join production.suppliers as known
        on
            known.source = $2
            and known.supplier_id = asked.key
    where
        asked.entity = 'suppliers'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.suppliers as staged
        on
            staged.batch_id = $1
            and staged.supplier_id = asked.key
    where asked.entity = 'suppliers'
    union all
    select asked.row_id
    from asked
    inner join production.stores as known
        on
            known.source = $2
            and known.store_id = asked.key
    where
        asked.entity = 'stores'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.stores as staged
        on
            staged.batch_id = $1
            and staged.store_id = asked.key
    where asked.entity = 'stores'
    union all
    select asked.row_id
    from asked
    inner join production.sales_representatives as known
        on
            known.source = $2
            and known.sales_rep_id = asked.key
    where
        asked.entity = 'sales_representatives'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.sales_representatives as staged
        on
            staged.batch_id = $1
            and staged.sales_rep_id = asked.key
    where asked.entity = 'sales_representatives'
    union all
    select asked.row_id
    from asked
    inner join production.transactions as known
        on
            known.source = $2
            and known.transaction_id = asked.key
    where
        asked.entity = 'transactions'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.transactions as staged
        on
            staged.batch_id = $1
            and staged.transaction_id = asked.key
    where asked.entity = 'transactions'
    union all
    select asked.row_id
    from asked
    inner join production.inventory_movements as known
        on
            known.source = $2
            and known.movement_id = asked.key
    where
        asked.entity = 'inventory_movements'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.inventory_movements as staged
        on
            staged.batch_id = $1
            and staged.movement_id = asked.key
    where asked.entity = 'inventory_movements'
    union all
    select asked.row_id
    from asked
    inner join production.web_events as known
        on
            known.source = $2
            and known.event_id = asked.key
    where
        asked.entity = 'web_events'
        and not known.is_inferred
    union all
    select asked.row_id
    from asked
    inner join staging.web_events as staged
        on
            staged.batch_id = $1
            and staged.event_id = asked.key
    where asked.entity = 'web_events'

)

select asked.row_id
from asked
where asked.row_id not in (select found.row_id from found)
