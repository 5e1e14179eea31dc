-- Grain: one row per earlier verdict of the source, the newest first.
-- Reads: ops.quality_runs, ops.batches. Writes: nothing.
-- Rerunnable: reads only. $1 source, $2 batch, $3 number of verdicts.
-- Blocked batches are left out: a string of bad days must not become the measure; and replays,
-- which are a few odd rows. A replay itself is measured by none.
select run.score::double precision as score
from ops.quality_runs as run
inner join ops.batches as batch
    on run.batch_id = batch.batch_id
where
    run.source = $1
    and run.batch_id < $2
    and run.decision <> 'block'
    and not batch.is_replay
    and not exists (
        select 1
        from ops.batches as judged
        where
            judged.batch_id = $2
            and judged.is_replay
    )
order by run.batch_id desc
limit $3
