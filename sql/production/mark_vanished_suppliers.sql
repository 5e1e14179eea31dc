-- Grain: one row per supplier that has vanished from its source.
-- Reads: ops.ledger, ops.batches, staging.suppliers. Writes: production.suppliers.
-- Returns: how many were marked as deleted.
-- Only where the batch is all that the source has; `quality` has guarded against a mass of them.
-- Rerunnable: what is marked stays so; what comes again loses the mark.
with

vanished as materialized (

    select
        known.source,
        known.supplier_id
    from ops.ledger as booked
    inner join ops.batches as batches
        on booked.batch_id = batches.batch_id
    inner join production.suppliers as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'suppliers'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
        -- A stub was never in the source's rows.
        and not known.is_inferred
        and not exists (
            select 1
            from staging.suppliers as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.supplier_id = known.supplier_id
        )

),

written as (

    update production.suppliers as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.supplier_id = vanished.supplier_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
