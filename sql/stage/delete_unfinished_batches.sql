-- Grain: one row per batch of a source that a load did not get to its end with.
-- Writes: ops.quarantine, ops.raw_files, staging.retailers, ops.batches. Rerunnable: what is gone
-- is not found again. Nothing refers to such a batch, for nobody was ever told of it.
with

unfinished as (

    select batches.batch_id
    from ops.batches
    where
        batches.source = $1
        and batches.state = 'loading'

),

forgotten_rejects as (

    delete from ops.quarantine
    using unfinished
    where quarantine.batch_id = unfinished.batch_id

),

forgotten_files as (

    delete from ops.raw_files
    using unfinished
    where raw_files.batch_id = unfinished.batch_id

),

forgotten_retailers as (

    delete from staging.retailers
    using unfinished
    where retailers.batch_id = unfinished.batch_id

)

delete from ops.batches
using unfinished
where batches.batch_id = unfinished.batch_id;
