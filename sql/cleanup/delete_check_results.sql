-- Grain: one row, what was due.
-- Reads: ops.batches, ops.check_results. Writes: ops.check_results, unless $2 asks for a trial.
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
        results.batch_id,
        results.check_id,
        pg_column_size(results.*) as row_bytes
    from ops.check_results as results
    inner join due_batches
        on results.batch_id = due_batches.batch_id

),

deleted as (

    delete from ops.check_results as results
    using due
    where
        results.batch_id = due.batch_id
        and results.check_id = due.check_id
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
