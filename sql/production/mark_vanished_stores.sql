-- Grain: one row per store that has vanished from its source.
-- Reads: ops.ledger, ops.batches, ops.raw_files, staging.stores.
-- Writes: production.stores, production.stores_changes.
-- Returns: how many were marked as deleted.
-- Only where the batch is all that the source has; `quality` has guarded against a mass of them.
-- The log closes their last version at the day that the batch is about, always after that version:
-- at its own moment the end would hide it.
-- Rerunnable: what is marked stays so; what comes again loses the mark.
with

vanished as materialized (

    select known.*
    from ops.ledger as booked
    inner join ops.batches as batches
        on booked.batch_id = batches.batch_id
    inner join production.stores as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'stores'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
        -- A stub was never in the source's rows.
        and not known.is_inferred
        and not exists (
            select 1
            from staging.stores as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.store_id = known.store_id
        )

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select
        vanished.source,
        vanished.store_id,
        max(changes.effective_at) as effective_at
    from vanished
    inner join production.stores_changes as changes
        on
            vanished.source = changes.source
            and vanished.store_id = changes.store_id
    group by
        vanished.source,
        vanished.store_id

),

closed as (

    insert into production.stores_changes (
        source,
        store_id,
        store_name,
        store_type,
        manager,
        city,
        state,
        country,
        region,
        opened_date,
        effective_at,
        load_sequence,
        is_deleted,
        is_vanished,
        row_hash,
        batch_id,
        loaded_at
    )
    select
        vanished.source,
        vanished.store_id,
        vanished.store_name,
        vanished.store_type,
        vanished.manager,
        vanished.city,
        vanished.state,
        vanished.country,
        vanished.region,
        vanished.opened_date,
        greatest(
            days.told_at,
            greatest(vanished.effective_at, last_changes.effective_at)
            + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        true as is_deleted,
        true as is_vanished,
        md5(cast(row(
            vanished.store_name, vanished.store_type, vanished.manager, vanished.city,
            vanished.state, vanished.country, vanished.region,
            vanished.opened_date - date '2000-01-01', true
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        cast($2 as timestamptz) as loaded_at
    from vanished
    cross join days
    left join last_changes
        on
            vanished.source = last_changes.source
            and vanished.store_id = last_changes.store_id
    on conflict (source, store_id, effective_at, load_sequence) do nothing

),

written as (

    update production.stores as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.store_id = vanished.store_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
