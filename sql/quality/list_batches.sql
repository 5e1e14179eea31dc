-- Grain: one row per batch that waits for a verdict.
-- Reads: ops.batches, staging.retailers. Writes: nothing.
-- Rerunnable: reads only.
-- A blocked batch may be judged again as long as its rows are still in staging: after its
-- contract was mended, or with an accepted gate.
select
    batch.batch_id,
    batch.source
from ops.batches as batch
where
    batch.state = 'staged'
    or (
        batch.state = 'blocked'
        and exists (
            select 1
            from staging.retailers as retailer
            where
                retailer.batch_id = batch.batch_id
                and retailer.source = batch.source
        )
    )
order by batch.batch_id
