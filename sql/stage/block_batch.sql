-- Grain: one row per batch with too many rejected records.
-- Writes: ops.batches, staging.retailers. Rerunnable: a blocked batch stays blocked.
with

hidden as (

    -- quality judges the batches that are listed here; this one is judged already.
    delete from staging.retailers
    where batch_id = $1
    returning batch_id

)

update ops.batches
set
    state = 'blocked',
    judged_at = $2
where batch_id = $1;
