-- Grain: one row per batch that a traced row names.
-- Reads: ops.batches, ops.runs. Writes: nothing. $1 batches.
-- Rerunnable: reads only. A run that cleanup has removed leaves its number here.
select
    batches.batch_id,
    batches.source,
    batches.state,
    batches.business_date,
    batches.run_id,
    batches.is_replay,
    batches.published_at,
    coalesce(runs.started_at, batches.staged_at) as run_started_at
from ops.batches
left join ops.runs
    on batches.run_id = runs.run_id
where batches.batch_id = any($1)
order by batches.batch_id
