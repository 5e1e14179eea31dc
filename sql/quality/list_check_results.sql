-- Grain: one row per batch that the check looked at, the newest first.
-- Reads: ops.check_results, ops.batches, ops.quality_runs, staging.retailers. Writes: nothing.
-- Rerunnable: reads only. $1 check, $2 source or null for all, $3 most rows.
select
    result.batch_id,
    batch.source,
    result.severity,
    result.status,
    result.element_count,
    result.unexpected_count,
    result.duration_ms,
    to_char(
        coalesce(verdict.judged_at, batch.judged_at) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    ) as judged_at,
    retailer.source is not null as is_staged
from ops.check_results as result
inner join ops.batches as batch
    on result.batch_id = batch.batch_id
left join ops.quality_runs as verdict
    on result.batch_id = verdict.batch_id
left join staging.retailers as retailer
    on
        batch.batch_id = retailer.batch_id
        and batch.source = retailer.source
where
    result.check_id = $1
    and ($2::text is null or batch.source = $2)
order by result.batch_id desc
limit $3
