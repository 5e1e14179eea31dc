-- Grain: one row: how many verdicts of an earlier judgement of this batch were removed.
-- Reads and writes: ops.rejections, ops.check_results, ops.quality_runs, ops.quarantine.
-- Rerunnable: a batch without a verdict stays so. $1 batch.
with

rejections as (

    delete from ops.rejections
    where batch_id = $1
    returning 1

),

results as (

    delete from ops.check_results
    where batch_id = $1
    returning 1

),

runs as (

    delete from ops.quality_runs
    where batch_id = $1
    returning 1

),

entries as (

    -- What stage refused is none of quality's business.
    delete from ops.quarantine
    where
        batch_id = $1
        and stage = 'quality'
    returning 1

)

select
    (select count(*) from rejections)
    + (select count(*) from results)
    + (select count(*) from runs)
    + (select count(*) from entries) as rows_removed
