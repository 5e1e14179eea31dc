-- Grain: one row: why the newest attempt of `stage` failed; none where it did not, or where a batch
--     of the source is newer.
-- Reads: ops.stage_runs, ops.batches. Writes: nothing. Rerunnable: reads only. $1 source.
-- A file that is refused leaves no batch, only the words of the program that refused it.
with

last_attempt as (

    select
        attempt.started_at,
        attempt.error
    from ops.stage_runs as attempt
    where attempt.stage = 'stage'
    order by attempt.started_at desc
    limit 1

)

select last_attempt.error
from last_attempt
where
    last_attempt.error is not null
    and not exists (
        select 1
        from ops.batches as batch
        where
            batch.source = $1
            and batch.state in ('staged', 'passed', 'blocked', 'published')
            and batch.staged_at >= last_attempt.started_at
    )
