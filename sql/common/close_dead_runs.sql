-- Grain: one row per run that was killed before it could say how it ended.
-- Writes: ops.runs. Rerunnable: a closed run stays as it is.
update ops.runs
set state = 'failed'
where
    state = 'running'
    and run_id <> $1;
