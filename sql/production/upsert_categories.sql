-- Grain: one row per (source, category_id).
-- Reads: staging.categories, ops.rejections. Writes: production.categories.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.categories as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'categories'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

cleaned as (

    select
        accepted.source,
        accepted.category_id,
        accepted.parent_category_id,
        production.clean_text(accepted.category_name) as category_name,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.category_id
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.category_id asc,
        num_nonnulls(
            cleaned.parent_category_id, cleaned.category_name
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.category_id, latest.parent_category_id, latest.category_name
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.categories as kept (
        source,
        category_id,
        parent_category_id,
        category_name,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.category_id,
        hashed.parent_category_id,
        hashed.category_name,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.categories as known
        on
            hashed.source = known.source
            and hashed.category_id = known.category_id
    where
        (
            known.row_hash is distinct from hashed.row_hash
            -- What its source deleted since stays deleted.
            or (
                known.is_deleted
                and not production.is_gone(
                    hashed.source,
                    'categories',
                    hashed.category_id,
                    production.told_at(null, hashed.file_id, $1)
                )
            )
        )
    on conflict (source, category_id) do update
        set
            parent_category_id = excluded.parent_category_id,
            category_name = excluded.category_name,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
