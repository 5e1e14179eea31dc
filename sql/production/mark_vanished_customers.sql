-- Grain: one row per customer that has vanished from its source.
-- Reads: ops.ledger, ops.batches, ops.raw_files, staging.customers.
-- Writes: production.customers, production.customers_changes.
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
    inner join production.customers as known
        on batches.source = known.source
    where
        booked.batch_id = $1
        and booked.layer = 'staging'
        and booked.dataset = 'customers'
        and booked.is_whole
        -- What this batch wrote itself is there; on a first load that is everything.
        and known.batch_id <> $1
        and not known.is_deleted
        -- A stub was never in the source's rows.
        and not known.is_inferred
        and not exists (
            select 1
            from staging.customers as staged
            where
                staged.batch_id = $1
                and staged.source = known.source
                and staged.customer_id = known.customer_id
        )

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select
        vanished.source,
        vanished.customer_id,
        max(changes.effective_at) as effective_at
    from vanished
    inner join production.customers_changes as changes
        on
            vanished.source = changes.source
            and vanished.customer_id = changes.customer_id
    group by
        vanished.source,
        vanished.customer_id

),

closed as (

    insert into production.customers_changes (
        source,
        customer_id,
        first_name,
        last_name,
        email,
        phone,
        birth_date,
        gender,
        age_group,
        segment,
        registration_date,
        city,
        state,
        postal_code,
        country,
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
        vanished.customer_id,
        vanished.first_name,
        vanished.last_name,
        vanished.email,
        vanished.phone,
        vanished.birth_date,
        vanished.gender,
        vanished.age_group,
        vanished.segment,
        vanished.registration_date,
        vanished.city,
        vanished.state,
        vanished.postal_code,
        vanished.country,
        greatest(
            days.told_at,
            greatest(vanished.effective_at, last_changes.effective_at)
            + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        true as is_deleted,
        true as is_vanished,
        md5(cast(row(
            vanished.first_name, vanished.last_name, vanished.email, vanished.phone,
            vanished.birth_date - date '2000-01-01', vanished.gender, vanished.age_group,
            vanished.segment, vanished.registration_date - date '2000-01-01', vanished.city,
            vanished.state, vanished.postal_code, vanished.country, true
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        cast($2 as timestamptz) as loaded_at
    from vanished
    cross join days
    left join last_changes
        on
            vanished.source = last_changes.source
            and vanished.customer_id = last_changes.customer_id
    on conflict (source, customer_id, effective_at, load_sequence) do nothing

),

written as (

    update production.customers as known
    set
        batch_id = $1,
        loaded_at = $2,
        is_deleted = true
    from vanished
    where
        known.source = vanished.source
        and known.customer_id = vanished.customer_id
    returning 1 as is_written

)

select count(*) as rows_deleted
from written;
