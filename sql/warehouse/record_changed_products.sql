-- Grain: one row per known member whose versions this load changes.
-- Reads: warehouse.dim_products, warehouse.work_products. Writes: warehouse.work_changed_members.
-- Returns: how many. Facts before the first version that changes keep what they have.
with

compared as (

    select
        known.source,
        known.product_id,
        case
            when wanted.product_key is null then known.valid_from
            else least(known.valid_from, wanted.valid_from)
        end as changed_from
    from warehouse.dim_products as known
    left join warehouse.work_products as wanted
        on known.product_key = wanted.product_key
    where
        exists (
            select 1
            from warehouse.work_products as touched
            where
                known.source = touched.source
                and known.product_id = touched.product_id
        )
        and (
            wanted.product_key is null
            or known.valid_from <> wanted.valid_from
            or known.cost is distinct from wanted.cost
            or known.currency is distinct from wanted.currency
            or known.supplier_id is distinct from wanted.supplier_id
        )
    union all
    select
        wanted.source,
        wanted.product_id,
        wanted.valid_from as changed_from
    from warehouse.work_products as wanted
    where
        wanted.product_key is null
        and exists (
            select 1
            from warehouse.dim_products as known
            where
                wanted.source = known.source
                and wanted.product_id = known.product_id
        )

),

written as (

    insert into warehouse.work_changed_members (
        dimension,
        source,
        member_id,
        changed_from
    )
    select
        'dim_products' as dimension,
        compared.source,
        compared.product_id as member_id,
        min(compared.changed_from) as changed_from
    from compared
    group by
        compared.source,
        compared.product_id
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
