-- Grain: one row per entity of which the batch deletes rows.
-- Reads: staging.deletes, ops.rejections, the entities in production. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Returns: rows of the source that production holds, and how many of them would be marked.
with

asked as materialized (

    select distinct
        staged.entity,
        staged.key,
        staged.deleted_at
    from staging.deletes as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'deletes'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

compared as (

    select
        'customers' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.customer_id)
            from asked
            inner join production.customers as found
                on asked.key = found.customer_id
            where
                asked.entity = 'customers'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at >= found.effective_at, true
                )
        ) as rows_deleted
    from production.customers as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'customers'
        )
    union all
    select
        'categories' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.category_id)
            from asked
            inner join production.categories as found
                on asked.key = found.category_id
            where
                asked.entity = 'categories'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at
                    >= production.told_at(null, found.file_id, found.batch_id),
                    true
                )
        ) as rows_deleted
    from production.categories as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'categories'
        )
    union all
    select
        'products' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.product_id)
            from asked
            inner join production.products as found
                on asked.key = found.product_id
            where
                asked.entity = 'products'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at >= found.effective_at, true
                )
        ) as rows_deleted
    from production.products as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'products'
        )
    union all
    select
        'suppliers' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.supplier_id)
            from asked
            inner join production.suppliers as found
                on asked.key = found.supplier_id
            where
                asked.entity = 'suppliers'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at
                    >= production.told_at(found.updated_at, found.file_id, found.batch_id),
                    true
                )
        ) as rows_deleted
    from production.suppliers as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'suppliers'
        )
    union all
    select
        'stores' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.store_id)
            from asked
            inner join production.stores as found
                on asked.key = found.store_id
            where
                asked.entity = 'stores'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at >= found.effective_at, true
                )
        ) as rows_deleted
    from production.stores as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'stores'
        )
    union all
    select
        'sales_representatives' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.sales_rep_id)
            from asked
            inner join production.sales_representatives as found
                on asked.key = found.sales_rep_id
            where
                asked.entity = 'sales_representatives'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at
                    >= production.told_at(found.updated_at, found.file_id, found.batch_id),
                    true
                )
        ) as rows_deleted
    from production.sales_representatives as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'sales_representatives'
        )
    union all
    select
        'transactions' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.transaction_id)
            from asked
            inner join production.transactions as found
                on asked.key = found.transaction_id
            where
                asked.entity = 'transactions'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at
                    >= production.told_at(found.updated_at, found.file_id, found.batch_id),
                    true
                )
        ) as rows_deleted
    from production.transactions as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'transactions'
        )
    union all
    select
        'inventory_movements' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.movement_id)
            from asked
            inner join production.inventory_movements as found
                on asked.key = found.movement_id
            where
                asked.entity = 'inventory_movements'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at >= found.moved_at, true
                )
        ) as rows_deleted
    from production.inventory_movements as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'inventory_movements'
        )
    union all
    select
        'web_events' as entity,
        count(*) as rows_known,
        (
            select count(distinct found.event_id)
            from asked
            inner join production.web_events as found
                on asked.key = found.event_id
            where
                asked.entity = 'web_events'
                and found.source = $2
                and not found.is_inferred
                and not found.is_deleted
                and coalesce(
                    asked.deleted_at >= found.occurred_at, true
                )
        ) as rows_deleted
    from production.web_events as known
    where
        known.source = $2
        and not known.is_inferred
        and not known.is_deleted
        and exists (
            select 1
            from asked
            where asked.entity = 'web_events'
        )

)

select
    compared.rows_known,
    compared.rows_deleted,
    compared.entity
from compared
where compared.entity in (select asked.entity from asked)
order by compared.entity
