-- Grain: one row per run.
-- Writes: ops.runs. Rerunnable: a run that is begun again runs again.
insert into ops.runs (
    run_id,
    display_id,
    program,
    business_date,
    started_at,
    state,
    backend_pid,
    host
)
values ($1, $2, $3, $4, $5, 'running', $6, $7)
on conflict (run_id) do update set
    state = excluded.state,
    backend_pid = excluded.backend_pid,
    host = excluded.host;
