-- Grain: one row: the number of a new batch whose rows come from quarantine.
-- Writes: ops.batches. Each replay is a batch of its own.
-- $1 run, $2 source, $3 business date, $4 start of the run.
insert into ops.batches (
    batch_id,
    run_id,
    source,
    business_date,
    state,
    staged_at,
    is_replay
)
values (nextval('ops.batch_ids'), $1, $2, $3, 'staged', $4, true)
returning batch_id
