-- Grain: one row, what was due.
-- Reads: ops.batches, ops.rejections. Writes: ops.rejections, unless $2 asks for a trial.
-- Rerunnable: what is gone is not due again.
-- Only batches that are closed since before $1, and never the newest of their source.
with

due_batches as (

    select batches.batch_id
    from ops.batches
    where
        batches.state in ('published', 'abandoned')
        and coalesce(batches.published_at, batches.judged_at, batches.staged_at) < $1
        and exists (
            select 1
            from ops.batches as later
            where
                later.source = batches.source
                and later.batch_id > batches.batch_id
                and later.state = 'published'
        )

),

due as (

    select
        rejections.batch_id,
        rejections.dataset,
        rejections.row_id,
        pg_column_size(rejections.*) as row_bytes
    from ops.rejections
    inner join due_batches
        on rejections.batch_id = due_batches.batch_id

),

deleted as (

    delete from ops.rejections
    using due
    where
        rejections.batch_id = due.batch_id
        and rejections.dataset = due.dataset
        and rejections.row_id = due.row_id
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
