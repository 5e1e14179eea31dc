-- Grain: one row per batch whose files are all loaded.
-- Writes: ops.raw_files, ops.batches. Rerunnable: a staged batch stays staged.
with

finished_files as (

    update ops.raw_files
    set state = 'staged'
    where
        batch_id = $1
        and state = 'loading'

)

update ops.batches
set state = 'staged'
where
    batch_id = $1
    and state = 'loading';
