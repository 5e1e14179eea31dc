-- Grain: one row per run.
-- Writes: ops.runs. Rerunnable: the last end counts.
update ops.runs
set
    ended_at = $2,
    state = $3,
    exit_code = $4,
    report = $5
where run_id = $1;
