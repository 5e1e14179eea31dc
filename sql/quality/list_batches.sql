-- Grain: one row per batch that waits for a verdict.
-- Reads: ops.batches, staging.retailers. Writes: nothing.
-- Rerunnable: reads only.
-- Only a batch whose rows are still in staging can be judged. A blocked one may be judged again:
-- after its contract was mended, or with an accepted gate.
select
    batch.batch_id,
    batch.source,
    batch.is_replay
from ops.batches as batch
where
    batch.state in ('staged', 'blocked')
    and exists (
        select 1
        from staging.retailers as retailer
        where
            retailer.batch_id = batch.batch_id
            and retailer.source = batch.source
    )
order by batch.batch_id
