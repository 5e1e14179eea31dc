-- Grain: one row per batch of the source that was staged or passed and never published.
-- Writes: ops.batches. Rerunnable: an abandoned batch stays abandoned.
update ops.batches
set state = 'abandoned'
where
    source = $1
    and state in ('staged', 'passed');
