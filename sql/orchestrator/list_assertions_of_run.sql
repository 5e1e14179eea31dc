-- Grain: one row per check that looked at a batch which the run judged.
-- Reads: ops.check_results, ops.quality_runs. Writes: nothing. $1 start of the run.
-- Returns: counts only, no value of a row. Rerunnable: reads only.
select
    results.dataset,
    results.check_id,
    results.column_name,
    results.assertion,
    results.severity,
    results.status = 'pass' as is_passed,
    results.element_count,
    results.unexpected_count
from ops.check_results as results
inner join ops.quality_runs as verdicts
    on results.batch_id = verdicts.batch_id
where
    verdicts.judged_at = $1
    and results.status <> 'skip'
order by
    results.dataset,
    results.check_id,
    results.batch_id
