-- Grain: one row per (source, entity, key, deleted_at).
-- Reads: staging.deletes, ops.rejections. Writes: production.deletes.
-- Returns: rows published, and how many of them were inserted and updated.
-- A deletion is kept whether its row is here or not, since it may come first.
-- Rerunnable: a deletion that is known is left alone. `do nothing`, since there is nothing to
-- update: the key is the whole row.
with

accepted as (

    select staged.*
    from staging.deletes as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'deletes'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

latest as (

    select distinct on (
        accepted.source, accepted.entity, accepted.key, accepted.deleted_at
    ) accepted.*
    from accepted
    order by
        accepted.source asc,
        accepted.entity asc,
        accepted.key asc,
        accepted.deleted_at asc,
        accepted.row_id desc

),

written as (

    insert into production.deletes (
        source,
        entity,
        key,
        deleted_at,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        latest.source,
        latest.entity,
        latest.key,
        latest.deleted_at,
        md5(cast(row(
            latest.entity, latest.key, extract(epoch from latest.deleted_at)
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        latest.file_id,
        latest.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from latest
    on conflict (source, entity, key, deleted_at) do nothing
    returning 1 as is_written

)

select
    (select count(*) from latest) as rows_published,
    count(*) as rows_inserted,
    cast(0 as bigint) as rows_updated
from written;
