-- Grain: at most one row.
-- Reads: ops.runs, the catalog.
-- Returns: the newest run of the orchestrator. A run whose server process is gone was killed and
-- could not say so itself.
select
    runs.display_id,
    runs.state,
    runs.started_at,
    runs.ended_at,
    (
        runs.state = 'running'
        and (
            runs.backend_pid is null
            or exists (
                select 1
                from pg_catalog.pg_stat_activity as backends
                where backends.pid = runs.backend_pid
            )
        )
    ) as is_alive
from ops.runs
where runs.program = 'orchestrator'
order by runs.started_at desc, runs.run_id desc
limit 1;
