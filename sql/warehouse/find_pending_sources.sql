-- Grain: one row per source with published batches that the warehouse has not consumed.
-- Reads: ops.batches, ops.watermarks. Writes: nothing. Returns: the sources.
-- With $1 true, every source that was ever published.
select batches.source
from ops.batches as batches
left join ops.watermarks as watermarks
    on
        watermarks.consumer = 'warehouse'
        and batches.source = watermarks.source
where
    batches.state = 'published'
    and (cast($1 as boolean) or batches.batch_id > coalesce(watermarks.batch_id, -1))
group by batches.source
order by batches.source;
