-- Grain: one row per line of an order that a batch restates without it.
-- Reads: staging.transactions, staging.transaction_items, ops.rejections. Writes:
-- production.transaction_items.
-- Returns: how many were marked as deleted.
-- An order is published whole: where its header and at least one of its lines are accepted,
-- the lines that do not come with them are no longer part of it.
-- Rerunnable: a line that is marked stays so.
with

held_back as materialized (

    select
        rejections.dataset,
        rejections.row_id,
        rejections.verdict
    from ops.rejections as rejections
    where
        rejections.batch_id = $1
        and rejections.dataset in ('transactions', 'transaction_items')
        and rejections.verdict <> 'warned'

),

absent as materialized (

    -- What this batch wrote itself is left out at once: on a first load that is everything.
    select
        known.source,
        known.transaction_id,
        known.line_number
    from staging.transactions as headers
    inner join production.transaction_items as known
        on
            headers.source = known.source
            and headers.transaction_id = known.transaction_id
    where
        headers.batch_id = $1
        and known.batch_id <> $1
        and not known.is_deleted
        and not exists (
            select 1
            from held_back
            where
                held_back.dataset = 'transactions'
                and held_back.row_id = headers.row_id
        )
        and not exists (
            select 1
            from staging.transaction_items as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.transaction_id = known.transaction_id
                and staged.line_number = known.line_number
        )

),

accepted as (

    select
        staged.source,
        staged.transaction_id,
        staged.line_number
    from staging.transaction_items as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from held_back
            where
                held_back.dataset = 'transaction_items'
                and held_back.row_id = staged.row_id
        )

),

broken as (

    -- A line that is refused for its own fault, and not for another one's of the same key.
    select
        staged.source,
        staged.transaction_id
    from held_back
    inner join staging.transaction_items as staged
        on
            staged.batch_id = $1
            and held_back.row_id = staged.row_id
    where
        held_back.dataset = 'transaction_items'
        and held_back.verdict in ('quarantined', 'consequence')
        and not exists (
            select 1
            from accepted
            where
                accepted.source = staged.source
                and accepted.transaction_id = staged.transaction_id
                and accepted.line_number = staged.line_number
        )

),

gone as (

    select distinct
        absent.source,
        absent.transaction_id,
        absent.line_number
    from absent
    inner join accepted
        on
            absent.source = accepted.source
            and absent.transaction_id = accepted.transaction_id
    where
        not exists (
            select 1
            from broken
            where
                broken.source = absent.source
                and broken.transaction_id = absent.transaction_id
        )
        and not exists (
            select 1
            from production.older_orders($1) as older
            where
                older.source = absent.source
                and older.transaction_id = absent.transaction_id
        )

),

written as (

    update production.transaction_items as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from gone
    where
        known.source = gone.source
        and known.transaction_id = gone.transaction_id
        and known.line_number = gone.line_number
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
