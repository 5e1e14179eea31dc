-- Grain: one row per batch in staging that waits for a verdict or for publication.
-- Reads: ops.batches, staging.retailers. Writes: nothing. Rerunnable: reads only.
-- What a replay staged is no reason to wait: it is staged again.
select
    batch.batch_id,
    batch.source,
    batch.state
from ops.batches as batch
inner join staging.retailers as retailer
    on
        batch.batch_id = retailer.batch_id
        and batch.source = retailer.source
where
    batch.state in ('loading', 'staged', 'passed')
    and not batch.is_replay
order by batch.batch_id
