-- Grain: one row per source: its newest verdict on files, and not on a replay.
-- Reads: ops.quality_runs, ops.batches. Writes: nothing.
-- Rerunnable: reads only.
select distinct on (run.source) run.report
from ops.quality_runs as run
inner join ops.batches as batch
    on run.batch_id = batch.batch_id
where not batch.is_replay
order by run.source asc, run.batch_id desc
