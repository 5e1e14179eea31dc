-- Grain: one row per (source, product_id) that something refers to and nobody has brought yet.
-- Reads: staging.transaction_items, staging.inventory_movements, staging.inventory_snapshots,
-- staging.web_events, ops.rejections.
-- Writes: production.products, as stubs that the real row fills later. Returns: how many.
-- Rerunnable: a member that is there is left alone.
with

referred as (

    -- Almost every row names a member that is there: these are left out before anything is sorted.
    select
        staged.source,
        staged.product_id
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and staged.product_id is not null
        and not exists (
            select 1
            from production.products as members
            where
                members.source = staged.source
                and members.product_id = staged.product_id
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transaction_items'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
    union
    select
        staged.source,
        staged.product_id
    from staging.inventory_movements as staged
    where
        staged.batch_id = $1
        and staged.product_id is not null
        and not exists (
            select 1
            from production.products as members
            where
                members.source = staged.source
                and members.product_id = staged.product_id
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'inventory_movements'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
    union
    select
        staged.source,
        staged.product_id
    from staging.inventory_snapshots as staged
    where
        staged.batch_id = $1
        and staged.product_id is not null
        and not exists (
            select 1
            from production.products as members
            where
                members.source = staged.source
                and members.product_id = staged.product_id
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'inventory_snapshots'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
    union
    select
        staged.source,
        staged.product_id
    from staging.web_events as staged
    where
        staged.batch_id = $1
        and staged.product_id is not null
        and not exists (
            select 1
            from production.products as members
            where
                members.source = staged.source
                and members.product_id = staged.product_id
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'web_events'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

written as (

    insert into production.products (
        source,
        product_id,
        batch_id,
        first_batch_id,
        first_loaded_at,
        loaded_at,
        is_inferred
    )
    select
        referred.source,
        referred.product_id,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at,
        true as is_inferred
    from referred
    order by referred.source, referred.product_id
    on conflict (source, product_id) do nothing
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
