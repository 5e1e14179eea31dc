-- Grain: one row per verdict on the source, the oldest first: its last $2.
-- Reads: ops.quality_runs, ops.batches. Writes: nothing.
-- Rerunnable: reads only. $1 source, $2 number of verdicts.
-- Replays are left out: a few odd rows say nothing of the source's files.
with

recent as (

    select
        run.batch_id,
        run.grade,
        run.decision,
        run.score,
        run.judged_at,
        batches.state
    from ops.quality_runs as run
    inner join ops.batches
        on run.batch_id = batches.batch_id
    where
        run.source = $1
        and not batches.is_replay
    order by run.batch_id desc
    limit $2

)

select
    recent.batch_id,
    recent.grade,
    recent.decision,
    recent.score::double precision as score,
    -- What failed its gate and went on all the same was accepted by a person.
    recent.decision = 'block' and recent.state in ('passed', 'published') as is_accepted,
    recent.judged_at
from recent
order by recent.batch_id
