-- Writes: staging.batch. Rerunnable: an empty table stays empty.
delete from staging.batch;
