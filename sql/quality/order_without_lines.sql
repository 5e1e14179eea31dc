-- Grain: one row per staged order that costs something and has no line, here or in production.
-- Reads: staging.transactions, staging.transaction_items, ops.rejections, ops.ledger,
--     production.transaction_items. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Lines that quality refused count as lines: they hold their order back themselves. What this
-- finds are orders whose lines did not even parse, or were left out.
with

line_source as (

    -- A source that brings no lines at all cannot be asked for them.
    select
        exists (
            select 1
            from staging.transaction_items as staged
            where staged.batch_id = $1
        )
        or exists (
            select 1
            from ops.ledger as entry
            where
                entry.batch_id = $1
                and entry.layer = 'staging'
                and entry.dataset = 'transaction_items'
                and entry.rows_rejected > 0
        )
        or exists (
            select 1
            from production.transaction_items as known
            where known.source = $2
        ) as brings_lines

),

lonely as materialized (

    select
        staged.row_id,
        staged.transaction_id
    from staging.transactions as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        and staged.transaction_id is not null
        and abs(staged.total_amount) > 0.01
        and coalesce(rejection.verdict, 'warned') <> 'superseded'
        and not coalesce(rejection.rules, '{}') && array['transactions.transaction_id.unique']
        and not exists (
            select 1
            from staging.transaction_items as line
            where
                line.batch_id = $1
                and line.transaction_id = staged.transaction_id
        )

)

select lonely.row_id
from lonely
cross join line_source
where
    line_source.brings_lines
    and not exists (
        select 1
        from production.transaction_items as known
        where
            known.source = $2
            and known.transaction_id = lonely.transaction_id
            and not known.is_deleted
    )
