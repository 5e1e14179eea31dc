-- Grain: one row per event that its source deleted at or after the moment of its version.
-- Reads: production.deletes, ops.raw_files, ops.batches. Writes: production.web_events.
-- Returns: how many were marked as deleted.
-- An event has one version, of the moment when it happened: once deleted it stays so.
-- Rerunnable: what is marked stays so; a version after the deletion takes the mark away.
with

gone as materialized (

    select distinct
        known.source,
        known.visitor_id,
        known.event_id
    from production.deletes as deletes
    inner join production.web_events as known
        on
            deletes.source = known.source
            and deletes.key = known.event_id
    where
        deletes.entity = 'web_events'
        and not known.is_deleted
        and not known.is_inferred
        and (
            known.batch_id = $1
            or deletes.batch_id = $1
        )
        and coalesce(
            deletes.deleted_at >= known.occurred_at, true
        )

),

written as (

    update production.web_events as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from gone
    where
        known.source = gone.source
        and known.visitor_id = gone.visitor_id
        and known.event_id = gone.event_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
