-- Grain: one row: a replay of which no row passed. Reads: nothing.
-- Writes: ops.batches, staging.retailers. Rerunnable: an abandoned batch stays so. $1 batch.
with

unstaged as (

    delete from staging.retailers
    where batch_id = $1

)

update ops.batches
set state = 'abandoned'
where batch_id = $1
