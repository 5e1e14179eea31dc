-- Grain: one row per note on an entry that no batch of the source will follow.
-- Reads: ops.batches. Writes: ops.quarantine_trials. Rerunnable: what is gone stays gone.
-- $1 batch, $2 source. Notes of the batch itself on keys that it brings are made anew.
delete from ops.quarantine_trials as trial
using ops.batches as batch
where
    trial.batch_id = batch.batch_id
    and batch.source = $2
    and (
        (trial.batch_id = $1 and not trial.is_replay)
        or trial.batch_id < $1
    )
