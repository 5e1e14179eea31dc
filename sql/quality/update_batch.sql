-- Grain: one row: the batch.
-- Reads and writes: ops.batches.
-- Rerunnable: the same verdict gives the same state. $1 batch, $2 state, $3 start of the run.
update ops.batches
set
    state = $2,
    judged_at = $3
where batch_id = $1
