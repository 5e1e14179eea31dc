-- Grain: one row, what was due.
-- Reads: ops.runs, ops.batches. Writes: ops.runs, unless $2 asks for a trial.
-- Rerunnable: what is gone is not due again.
-- Only runs that ended before $1, never the newest of a program, and none whose batch still waits
-- to be published or explained.
with

due as (

    select
        runs.run_id,
        pg_column_size(runs.*) as row_bytes
    from ops.runs
    where
        runs.state <> 'running'
        and runs.started_at < $1
        and coalesce(runs.ended_at, runs.started_at) < $1
        and exists (
            select 1
            from ops.runs as later
            where
                later.program = runs.program
                and later.started_at > runs.started_at
        )
        and not exists (
            select 1
            from ops.batches
            where
                batches.run_id = runs.run_id
                and batches.state in ('loading', 'staged', 'passed', 'blocked')
        )

),

deleted as (

    delete from ops.runs
    using due
    where
        runs.run_id = due.run_id
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
