-- Grain: one row per deletion of one of the stores that the log does not tell of yet.
-- Reads: production.deletes, production.stores_changes. Writes: production.stores_changes.
-- Returns: deletions that were looked at, and how many rows were appended.
-- A deletion closes the version that holds at its moment and says what that said. Before the first
-- version there is nothing to close; an earlier version that comes later is closed then. Whichever
-- came first, a deletion holds against a version of the same moment, and a later one lives again.
-- Rerunnable: a deletion that the log tells of is not appended again.
with

touched as (

    select
        deletes.source,
        deletes.key
    from production.deletes as deletes
    where
        deletes.batch_id = $1
        and deletes.entity = 'stores'
    union
    select
        deletes.source,
        deletes.key
    from production.deletes as deletes
    inner join production.stores_changes as changes
        on
            deletes.source = changes.source
            and deletes.key = changes.store_id
    where
        deletes.entity = 'stores'
        and changes.batch_id = $1

),

closing as (

    -- The version that each deletion ends.
    select distinct on (deletes.source, deletes.key, deletes.deleted_at)
        deletes.source,
        deletes.key as store_id,
        deletes.deleted_at,
        deletes.file_id,
        deletes.source_line,
        changes.store_name,
        changes.store_type,
        changes.manager,
        changes.city,
        changes.state,
        changes.country,
        changes.region,
        changes.opened_date,
        md5(cast(row(
            changes.store_name, changes.store_type, changes.manager, changes.city, changes.state,
            changes.country, changes.region, changes.opened_date - date '2000-01-01', true
        ) as text)) as row_hash
    from touched
    inner join production.deletes as deletes
        on
            touched.source = deletes.source
            and touched.key = deletes.key
            and deletes.entity = 'stores'
    inner join production.stores_changes as changes
        on
            deletes.source = changes.source
            and deletes.key = changes.store_id
            and deletes.deleted_at >= changes.effective_at
            and not changes.is_deleted
    order by
        deletes.source asc,
        deletes.key asc,
        deletes.deleted_at asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

known as (

    -- What the log says of the same deletion.
    select distinct on (changes.source, changes.store_id, changes.effective_at)
        changes.source,
        changes.store_id,
        changes.effective_at,
        changes.row_hash
    from closing
    inner join production.stores_changes as changes
        on
            closing.source = changes.source
            and closing.store_id = changes.store_id
            and closing.deleted_at = changes.effective_at
            and changes.is_deleted
            and changes.load_sequence >= production.deletion_sequence(0)
    order by
        changes.source asc,
        changes.store_id asc,
        changes.effective_at asc,
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
        effective_at,
        load_sequence,
        is_deleted,
        row_hash,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        closing.source,
        closing.store_id,
        closing.store_name,
        closing.store_type,
        closing.manager,
        closing.city,
        closing.state,
        closing.country,
        closing.region,
        closing.opened_date,
        closing.deleted_at as effective_at,
        production.deletion_sequence($1) as load_sequence,
        true as is_deleted,
        closing.row_hash,
        cast($1 as bigint) as batch_id,
        closing.file_id,
        closing.source_line,
        cast($2 as timestamptz) as loaded_at
    from closing
    left join known
        on
            closing.source = known.source
            and closing.store_id = known.store_id
            and closing.deleted_at = known.effective_at
    where known.row_hash is distinct from closing.row_hash
    on conflict (source, store_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from closing) as rows_read,
    count(*) as rows_appended
from written;
