-- Grain: one row per line that has vanished from its source.
-- Reads: ops.ledger, ops.batches, staging.transaction_items. Writes: production.transaction_items.
-- Returns: how many were marked as deleted.
-- Only where the batch is all that the source has; `quality` has guarded against a mass of them.
-- Rerunnable: what is marked stays so; what comes again loses the mark.
with

vanished as materialized (

    select
        known.source,
        known.transaction_id,
        known.line_number
    from ops.ledger as booked
    inner join ops.batches as batches
        on booked.batch_id = batches.batch_id
    inner join production.transaction_items as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'transaction_items'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
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

written as (

    update production.transaction_items as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.transaction_id = vanished.transaction_id
        and known.line_number = vanished.line_number
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
