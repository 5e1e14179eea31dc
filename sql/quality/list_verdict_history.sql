-- Grain: one row per verdict on the source, the oldest first: its last $2.
-- Reads: ops.quality_runs, ops.batches. Writes: nothing.
-- Rerunnable: reads only. $1 source, $2 number of verdicts.
with

recent as (

    select
        run.batch_id,
        run.grade,
        run.decision,
        run.score,
        run.judged_at
    from ops.quality_runs as run
    where run.source = $1
    order by run.batch_id desc
    limit $2

)

select
    recent.batch_id,
    recent.grade,
    recent.decision,
    recent.score::double precision as score,
    -- What failed its gate and went on all the same was accepted by a person.
    recent.decision = 'block' and batches.state in ('passed', 'published') as is_accepted,
    recent.judged_at
from recent
inner join ops.batches
    on recent.batch_id = batches.batch_id
order by recent.batch_id
