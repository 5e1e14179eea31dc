-- Grain: one row per known member whose versions this load changes.
-- Reads: warehouse.dim_stores, warehouse.work_stores. Writes: warehouse.work_changed_members.
-- Returns: how many. Facts before the first version that changes keep what they have.
with

compared as (

    select
        known.source,
        known.store_id,
        case
            when wanted.store_key is null then known.valid_from
            else least(known.valid_from, wanted.valid_from)
        end as changed_from
    from warehouse.dim_stores as known
    left join warehouse.work_stores as wanted
        on known.store_key = wanted.store_key
    where
        exists (
            select 1
            from warehouse.work_stores as touched
            where
                known.source = touched.source
                and known.store_id = touched.store_id
        )
        and (
            wanted.store_key is null
            or known.valid_from <> wanted.valid_from
        )
    union all
    select
        wanted.source,
        wanted.store_id,
        wanted.valid_from as changed_from
    from warehouse.work_stores as wanted
    where
        wanted.store_key is null
        and exists (
            select 1
            from warehouse.dim_stores as known
            where
                wanted.source = known.source
                and wanted.store_id = known.store_id
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
        'dim_stores' as dimension,
        compared.source,
        compared.store_id as member_id,
        min(compared.changed_from) as changed_from
    from compared
    group by
        compared.source,
        compared.store_id
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
