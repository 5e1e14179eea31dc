-- Grain: one row per payment that has vanished from its source.
-- Reads: ops.ledger, ops.batches, staging.payments. Writes: production.payments.
-- Returns: how many were marked as deleted.
-- Only where the batch is all that the source has; `quality` has guarded against a mass of them.
-- Rerunnable: what is marked stays so; what comes again loses the mark.
with

vanished as materialized (

    select
        known.source,
        known.transaction_id,
        known.payment_sequence
    from ops.ledger as booked
    inner join ops.batches as batches
        on booked.batch_id = batches.batch_id
    inner join production.payments as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'payments'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
        and not exists (
            select 1
            from staging.payments as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.transaction_id = known.transaction_id
                and staged.payment_sequence = known.payment_sequence
        )

),

written as (

    update production.payments as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.transaction_id = vanished.transaction_id
        and known.payment_sequence = vanished.payment_sequence
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
