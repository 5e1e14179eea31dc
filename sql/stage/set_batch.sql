-- Grain: one row, for this run.
-- Writes: staging.batch.
insert into staging.batch (business_date, run_id, started_at)
values ($1, $2, $3);
