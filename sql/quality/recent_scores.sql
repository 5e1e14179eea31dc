-- Grain: one row per earlier verdict of the source, the newest first.
-- Reads: ops.quality_runs. Writes: nothing.
-- Rerunnable: reads only. $1 source, $2 batch, $3 number of verdicts.
-- Blocked batches are left out: a string of bad days must not become the measure.
select run.score::double precision as score
from ops.quality_runs as run
where
    run.source = $1
    and run.batch_id < $2
    and run.decision <> 'block'
order by run.batch_id desc
limit $3
