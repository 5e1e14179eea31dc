-- Grain: one row: the newest batch of the source and how it went; none where there is no batch.
-- Reads: ops.batches, ops.quality_runs, ops.runs, staging.retailers. Writes: nothing.
-- Rerunnable: reads only. $1 source.
select
    batch.batch_id,
    batch.state,
    verdict.decision,
    verdict.score::double precision as score,
    verdict.grade,
    verdict.blocking_failures,
    retailer.source is not null as is_staged,
    extract(epoch from run.ended_at - run.started_at)::double precision as run_s
from ops.batches as batch
left join ops.quality_runs as verdict
    on batch.batch_id = verdict.batch_id
left join ops.runs as run
    on batch.run_id = run.run_id
left join staging.retailers as retailer
    on
        batch.batch_id = retailer.batch_id
        and batch.source = retailer.source
where
    batch.source = $1
    and batch.state in ('staged', 'passed', 'blocked', 'published')
order by batch.batch_id desc
limit 1
