-- Grain: one row per source: its newest verdict.
-- Reads: ops.quality_runs. Writes: nothing.
-- Rerunnable: reads only.
select distinct on (run.source) run.report
from ops.quality_runs as run
order by run.source asc, run.batch_id desc
