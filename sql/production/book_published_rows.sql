-- Grain: one dataset of one batch.
-- Reads: ops.ledger, ops.rejections. Writes: ops.ledger.
-- Returns: the booked row. What survivorship itself left out, because its key came twice among
-- the accepted rows, is booked as superseded.
-- Rerunnable: only within the transaction that publishes the batch.
with

held_back as (

    select count(*) as row_count
    from ops.rejections as rejections
    where
        rejections.batch_id = $1
        and rejections.dataset = $2
        and rejections.verdict <> 'warned'

),

written as (

    update ops.ledger as ledger
    set
        rows_superseded = coalesce(ledger.rows_superseded, 0)
        + (ledger.rows_staged - held_back.row_count - cast($3 as bigint)),
        rows_published = cast($3 as bigint),
        rows_inserted = cast($4 as bigint),
        rows_updated = cast($5 as bigint),
        rows_unchanged = cast($3 as bigint) - cast($4 as bigint) - cast($5 as bigint)
    from held_back
    where
        ledger.batch_id = $1
        and ledger.layer = 'staging'
        and ledger.dataset = $2
    returning
        ledger.rows_staged,
        ledger.rows_published,
        ledger.rows_quarantined,
        ledger.rows_consequence,
        ledger.rows_superseded,
        held_back.row_count as rows_held_back

)

select
    coalesce(written.rows_staged, 0) as rows_staged,
    coalesce(written.rows_quarantined, 0) as rows_quarantined,
    coalesce(written.rows_consequence, 0) as rows_consequence,
    written.rows_superseded,
    written.rows_staged - written.rows_held_back - written.rows_published as rows_left_out
from written;
