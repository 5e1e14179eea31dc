-- Grain: one row per store that is there again although its log says that it vanished.
-- Reads: production.stores, production.stores_changes, ops.batches, ops.raw_files. Writes:
-- production.stores_changes.
-- Returns: stores that were looked at, and how many rows were appended.
-- Who vanished and comes again as before lives again from the day that the batch is about, always
-- after its end.
-- Rerunnable: a log that ends with a version is left alone.
with

vanished as materialized (

    select distinct
        changes.source,
        changes.store_id
    from production.stores_changes as changes
    where changes.is_vanished

),

returned as materialized (

    select known.*
    from vanished
    inner join production.stores as known
        on
            vanished.source = known.source
            and vanished.store_id = known.store_id
    where
        known.batch_id = $1
        and not known.is_deleted

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select distinct on (returned.source, returned.store_id)
        returned.source,
        returned.store_id,
        changes.effective_at,
        changes.is_vanished
    from returned
    inner join production.stores_changes as changes
        on
            returned.source = changes.source
            and returned.store_id = changes.store_id
    order by
        returned.source asc,
        returned.store_id asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

written as (

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
        updated_at,
        effective_at,
        load_sequence,
        row_hash,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        returned.source,
        returned.store_id,
        returned.store_name,
        returned.store_type,
        returned.manager,
        returned.city,
        returned.state,
        returned.country,
        returned.region,
        returned.opened_date,
        returned.updated_at,
        greatest(
            days.told_at, last_changes.effective_at + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        md5(cast(row(
            returned.store_name, returned.store_type, returned.manager, returned.city,
            returned.state, returned.country, returned.region,
            returned.opened_date - date '2000-01-01', false
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        returned.file_id,
        returned.source_line,
        cast($2 as timestamptz) as loaded_at
    from returned
    cross join days
    inner join last_changes
        on
            returned.source = last_changes.source
            and returned.store_id = last_changes.store_id
            and last_changes.is_vanished
    on conflict (source, store_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from returned) as rows_read,
    count(*) as rows_appended
from written;
