-- Grain: one row per known member whose versions this load changes.
-- Reads: warehouse.dim_customers, warehouse.work_customers. Writes:
-- warehouse.work_changed_members.
-- Returns: how many. Facts before the first version that changes keep what they have.
with

compared as (

    select
        known.source,
        known.customer_id,
        case
            when wanted.customer_key is null then known.valid_from
            else least(known.valid_from, wanted.valid_from)
        end as changed_from
    from warehouse.dim_customers as known
    left join warehouse.work_customers as wanted
        on known.customer_key = wanted.customer_key
    where
        exists (
            select 1
            from warehouse.work_customers as touched
            where
                known.source = touched.source
                and known.customer_id = touched.customer_id
        )
        and (
            wanted.customer_key is null
            or known.valid_from <> wanted.valid_from
        )
    union all
    select
        wanted.source,
        wanted.customer_id,
        wanted.valid_from as changed_from
    from warehouse.work_customers as wanted
    where
        wanted.customer_key is null
        and exists (
            select 1
            from warehouse.dim_customers as known
            where
                wanted.source = known.source
                and wanted.customer_id = known.customer_id
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
        'dim_customers' as dimension,
        compared.source,
        compared.customer_id as member_id,
        min(compared.changed_from) as changed_from
    from compared
    group by
        compared.source,
        compared.customer_id
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
