-- Grain: one row per source that ever brought a batch. Reads: ops.batches. Writes: nothing.
-- Rerunnable: reads only.
select distinct batch.source
from ops.batches as batch
order by batch.source
