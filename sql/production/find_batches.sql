-- Grain: one row per batch that waits for publication or was refused by the gate.
-- Reads: ops.batches, staging.retailers. Writes: nothing.
-- Returns: the batches, those of one source in their order, and whether staging still holds them.
select
    batches.batch_id,
    batches.source,
    batches.state,
    staged.batch_id is not null as is_in_staging
from ops.batches as batches
left join staging.retailers as staged
    on batches.batch_id = staged.batch_id
where batches.state in ('staged', 'passed', 'blocked')
order by batches.source, batches.batch_id;
