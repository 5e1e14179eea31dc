-- Grain: one row per source and verdict, the oldest first: the last $2 verdicts of each source.
-- Reads: ops.quality_runs, ops.batches. Writes: nothing.
-- Rerunnable: reads only. $1 sources, $2 number of verdicts.
-- A batch that failed its gate and is not blocked was accepted by a person.
select
    recent.source,
    recent.batch_id,
    recent.judged_at,
    recent.score::double precision as score,
    recent.grade,
    recent.decision,
    recent.decision = 'block' and batches.state in ('passed', 'published') as is_accepted
from unnest($1::text[]) as wanted (source)
cross join lateral (
    select
        run.source,
        run.batch_id,
        run.judged_at,
        run.score,
        run.grade,
        run.decision
    from ops.quality_runs as run
    where run.source = wanted.source
    order by run.batch_id desc
    limit $2
) as recent
inner join ops.batches
    on recent.batch_id = batches.batch_id
order by recent.source, recent.batch_id
