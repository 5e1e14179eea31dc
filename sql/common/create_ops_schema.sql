-- The schema of the migrations' own table, which comes before them.
-- Rerunnable: an existing schema stays.
create schema if not exists ops;
