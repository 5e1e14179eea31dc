-- Grain: one row per source and run. Returns: its number.
-- Writes: ops.batches. The number is taken under the writer lock, so that numbers follow time.
insert into ops.batches (
    batch_id,
    run_id,
    source,
    business_date,
    state,
    staged_at
)
values (nextval('ops.batch_ids'), $1, $2, $3, 'loading', $4)
returning batch_id;
