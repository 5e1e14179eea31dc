-- Grain: one row per batch with too many rejected records.
-- Writes: ops.batches. Rerunnable: a blocked batch stays blocked.
update ops.batches
set
    state = 'blocked',
    judged_at = $2
where batch_id = $1;
