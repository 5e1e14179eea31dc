-- Grain: one row per rule that rows of the batch break.
-- Reads: ops.rejections. Writes: nothing.
-- Rerunnable: reads only. $1 batch.
select
    broken.rule,
    count(*) as rows_failed,
    count(*) filter (where rejection.verdict = 'quarantined') as rows_quarantined
from ops.rejections as rejection
cross join lateral unnest(rejection.rules) as broken (rule)
where rejection.batch_id = $1
group by broken.rule
order by broken.rule
