-- Grain: one row per run, program and attempt.
-- Writes: ops.stage_runs. Rerunnable: the same attempt again replaces itself.
insert into ops.stage_runs (
    run_id,
    stage,
    attempt,
    started_at,
    ended_at,
    status,
    exit_code,
    rows_in,
    rows_out,
    peak_memory_bytes,
    error
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (run_id, stage, attempt) do update set
    started_at = excluded.started_at,
    ended_at = excluded.ended_at,
    status = excluded.status,
    exit_code = excluded.exit_code,
    rows_in = excluded.rows_in,
    rows_out = excluded.rows_out,
    peak_memory_bytes = excluded.peak_memory_bytes,
    error = excluded.error;
