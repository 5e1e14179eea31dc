-- Grain: one row: why the newest attempt of `stage` that named a labelled file failed; none where
--     no attempt did, or where a batch of the source is newer.
-- Reads: ops.fault_labels, ops.stage_runs, ops.batches. Writes: nothing. Rerunnable: reads only.
-- $1 source, $2 names of the folder that the files lie in.
-- A file that is refused leaves no batch, only the words of the program that refused it. That
-- program may have failed over another source or for another reason: the words must name the file.
with

labelled as (

    select distinct '/' || folder.name || '/' || label.source_file as path_end
    from ops.fault_labels as label
    cross join unnest($2::text[]) as folder (name)

),

last_refusal as (

    select
        attempt.started_at,
        attempt.error
    from ops.stage_runs as attempt
    where
        attempt.stage = 'stage'
        and exists (
            select 1
            from labelled
            where position(labelled.path_end in attempt.error) > 0
        )
    order by attempt.started_at desc
    limit 1

)

select last_refusal.error
from last_refusal
where
    not exists (
        select 1
        from ops.batches as batch
        where
            batch.source = $1
            and batch.state in ('staged', 'passed', 'blocked', 'published')
            and batch.staged_at >= last_refusal.started_at
    )
