-- Grain: one row, what was due.
-- Reads: ops.stage_runs, ops.runs. Writes: ops.stage_runs, unless $2 asks for a trial.
-- Rerunnable: what is gone is not due again.
-- Only attempts that ended before $1, and none of the newest run of a program. It goes before the
-- runs themselves.
with

newest_runs as (

    select distinct on (runs.program) runs.run_id
    from ops.runs
    order by runs.program asc, runs.started_at desc, runs.run_id desc

),

due as (

    select
        attempts.run_id,
        attempts.stage,
        attempts.attempt,
        pg_column_size(attempts.*) as row_bytes
    from ops.stage_runs as attempts
    where
        attempts.ended_at < $1
        and not exists (
            select 1
            from newest_runs
            where newest_runs.run_id = attempts.run_id
        )
        and not exists (
            select 1
            from ops.runs
            where
                runs.run_id = attempts.run_id
                and runs.state = 'running'
        )

),

deleted as (

    delete from ops.stage_runs as attempts
    using due
    where
        attempts.run_id = due.run_id
        and attempts.stage = due.stage
        and attempts.attempt = due.attempt
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
