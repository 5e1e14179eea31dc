-- Grain: one row per (source, category_id) that something refers to and nobody has brought yet.
-- Reads: staging.products, staging.categories, ops.rejections.
-- Writes: production.categories, as stubs that the real row fills later. Returns: how many.
-- Rerunnable: a member that is there is left alone.
with

referred as (

    select
        staged.source,
        staged.category_id
    from staging.products as staged
    where
        staged.batch_id = $1
        and staged.category_id is not null
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'products'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
    union
    select
        staged.source,
        staged.parent_category_id as category_id
    from staging.categories as staged
    where
        staged.batch_id = $1
        and staged.parent_category_id is not null
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'categories'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

written as (

    insert into production.categories (
        source,
        category_id,
        batch_id,
        first_batch_id,
        first_loaded_at,
        loaded_at,
        is_inferred
    )
    select
        referred.source,
        referred.category_id,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at,
        true as is_inferred
    from referred
    where
        not exists (
            select 1
            from production.categories as members
            where
                referred.source = members.source
                and referred.category_id = members.category_id
        )
        and not exists (
            select 1
            from staging.categories as staged
            where
                staged.batch_id = $1
                and staged.source = referred.source
                and staged.category_id = referred.category_id
                and not exists (
                    select 1
                    from ops.rejections as rejections
                    where
                        rejections.batch_id = $1
                        and rejections.dataset = 'categories'
                        and rejections.row_id = staged.row_id
                        and rejections.verdict <> 'warned'
                )
        )
    order by referred.source, referred.category_id
    on conflict (source, category_id) do nothing
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
