-- Grain: one row per movement that its source deleted at or after the moment of its version.
-- Reads: production.deletes, ops.raw_files, ops.batches. Writes: production.inventory_movements.
-- Returns: how many were marked as deleted.
-- A movement has one version, of the moment when it moved: once deleted it stays so.
-- Rerunnable: what is marked stays so; a version after the deletion takes the mark away.
with

gone as materialized (

    select distinct
        known.source,
        known.product_id,
        known.movement_id
    from production.deletes as deletes
    inner join production.inventory_movements as known
        on
            deletes.source = known.source
            and deletes.key = known.movement_id
    where
        deletes.entity = 'inventory_movements'
        and not known.is_deleted
        and not known.is_inferred
        and (
            known.batch_id = $1
            or deletes.batch_id = $1
        )
        and coalesce(
            deletes.deleted_at >= known.moved_at, true
        )

),

written as (

    update production.inventory_movements as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from gone
    where
        known.source = gone.source
        and known.product_id = gone.product_id
        and known.movement_id = gone.movement_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
