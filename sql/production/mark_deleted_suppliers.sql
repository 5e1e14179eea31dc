-- Grain: one row per supplier that its source deleted at or after the moment of its version.
-- Reads: production.deletes, ops.raw_files, ops.batches. Writes: production.suppliers.
-- Returns: how many were marked as deleted.
-- Rerunnable: what is marked stays so; a version after the deletion takes the mark away.
with

gone as materialized (

    select distinct
        known.source,
        known.supplier_id
    from production.deletes as deletes
    inner join production.suppliers as known
        on
            deletes.source = known.source
            and deletes.key = known.supplier_id
    where
        deletes.entity = 'suppliers'
        and not known.is_deleted
        and not known.is_inferred
        and (
            known.batch_id = $1
            or deletes.batch_id = $1
        )
        and coalesce(
            deletes.deleted_at
            >= production.told_at(known.updated_at, known.file_id, known.batch_id),
            true
        )

),

written as (

    update production.suppliers as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from gone
    where
        known.source = gone.source
        and known.supplier_id = gone.supplier_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
