-- Contract: read + replayed = staged + rejected; staged = published + held back; published =
--     inserted + updated + unchanged, for every batch that was published.
-- Returns: batch, layer and dataset.
-- Reads only. $1 is how many are shown.
with

offenders as (

    select concat_ws(' ', 'batch', ledger.batch_id, ledger.layer, ledger.dataset) as offender
    from ops.ledger as ledger
    inner join ops.batches as batches
        on ledger.batch_id = batches.batch_id
    where
        batches.state = 'published'
        and (
            -- Null where rows come from landing, or are not published as such.
            ledger.rows_read + ledger.rows_replayed
            <> ledger.rows_staged + coalesce(ledger.rows_rejected, 0)
            or ledger.rows_staged
            <> ledger.rows_published
            + coalesce(ledger.rows_quarantined, 0)
            + coalesce(ledger.rows_consequence, 0)
            + coalesce(ledger.rows_superseded, 0)
            or ledger.rows_published
            <> ledger.rows_inserted + ledger.rows_updated + ledger.rows_unchanged
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
