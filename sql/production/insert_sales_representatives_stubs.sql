-- Grain: one row per (source, sales_rep_id) that something refers to and nobody has brought yet.
-- Reads: staging.transactions, ops.rejections.
-- Writes: production.sales_representatives, as stubs that the real row fills later. Returns: how
-- many.
-- Rerunnable: a member that is there is left alone.
with

referred as (

    -- Almost every row names a member that is there: these are left out before anything is sorted.
    select
        staged.source,
        staged.sales_rep_id
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and staged.sales_rep_id is not null
        and not exists (
            select 1
            from production.sales_representatives as members
            where
                members.source = staged.source
                and members.sales_rep_id = staged.sales_rep_id
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transactions'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

written as (

    insert into production.sales_representatives (
        source,
        sales_rep_id,
        batch_id,
        first_batch_id,
        first_loaded_at,
        loaded_at,
        is_inferred
    )
    select
        referred.source,
        referred.sales_rep_id,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at,
        true as is_inferred
    from referred
    order by referred.source, referred.sales_rep_id
    on conflict (source, sales_rep_id) do nothing
    returning 1 as is_written

)

select count(*) as rows_inserted
from written;
