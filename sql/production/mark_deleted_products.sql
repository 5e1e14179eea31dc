-- Grain: one row per product whose log ends with a deletion that the source told of.
-- Reads: production.deletes, production.products_changes. Writes: production.products.
-- Returns: how many were marked as deleted.
-- The mark follows from the log, so any order of arrival gives the same one. A product is marked
-- and not removed: what refers to it stays valid.
-- Rerunnable: what is marked stays so; a version after the deletion takes the mark away.
with

candidates as materialized (

    select distinct
        known.source,
        known.product_id,
        known.effective_at
    from production.deletes as deletes
    inner join production.products as known
        on
            deletes.source = known.source
            and deletes.key = known.product_id
    where
        deletes.entity = 'products'
        and not known.is_deleted
        and not known.is_inferred
        and (
            known.batch_id = $1
            or deletes.batch_id = $1
        )

),

last_changes as (

    select distinct on (candidates.source, candidates.product_id)
        candidates.source,
        candidates.product_id,
        changes.is_deleted,
        changes.is_vanished,
        candidates.effective_at as version_at
    from candidates
    inner join production.products_changes as changes
        on
            candidates.source = changes.source
            and candidates.product_id = changes.product_id
    order by
        candidates.source asc,
        candidates.product_id asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

written as (

    update production.products as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from last_changes
    where
        known.source = last_changes.source
        and known.product_id = last_changes.product_id
        and last_changes.is_deleted
        -- Who had only vanished and is there again is not gone, unless the source said so, too.
        and (
            not last_changes.is_vanished
            or production.is_gone(
                last_changes.source,
                'products',
                last_changes.product_id,
                last_changes.version_at
            )
        )
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
