-- Grain: one row per source, its newest judged batch; a replay of a few odd rows is none.
-- Reads: ops.quality_runs, ops.batches, ops.check_results.
-- Returns: score and decision; rows that refer to nothing, and rows that lack a required value.
with

latest as (

    select distinct on (judged.source)
        judged.source,
        judged.batch_id,
        judged.score,
        -- Somebody accepted what the gate refused: the batch went on all the same.
        case
            when judged.decision = 'block' and batches.state in ('passed', 'published') then 'warn'
            else judged.decision
        end as decision,
        judged.blocking_failures
    from ops.quality_runs as judged
    inner join ops.batches
        on judged.batch_id = batches.batch_id
    where not batches.is_replay
    order by judged.source asc, judged.batch_id desc

)

select
    latest.source,
    latest.decision,
    latest.blocking_failures,
    latest.score::double precision as score,
    coalesce(sum(checks.unexpected_count) filter (
        where checks.dimension like 'referential%'
    ), 0)::bigint as orphan_records,
    coalesce(sum(checks.unexpected_count) filter (
        where checks.dimension = 'completeness'
    ), 0)::bigint as null_violations
from latest
left join ops.check_results as checks
    on latest.batch_id = checks.batch_id
group by
    latest.source, latest.decision, latest.blocking_failures, latest.score
order by latest.source collate "C";
