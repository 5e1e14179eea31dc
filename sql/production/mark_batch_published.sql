-- Grain: one batch.
-- Reads: ops.batches. Writes: ops.batches, in the transaction that publishes the batch.
-- Rerunnable: a published batch stays so.
update ops.batches
set
    state = 'published',
    published_at = $2
where
    batch_id = $1
    and state = 'passed';
