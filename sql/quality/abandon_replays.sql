-- Grain: one row per replay that was never published. Writes: ops.batches.
-- Rerunnable: an abandoned batch stays so.
update ops.batches
set state = 'abandoned'
where
    is_replay
    and state in ('staged', 'passed', 'blocked')
