-- Grain: one batch.
-- Reads: ops.batches. Writes: nothing; no other publication can change the batch until commit.
-- Returns: the state of the batch.
select batches.state
from ops.batches as batches
where batches.batch_id = $1
for update;
