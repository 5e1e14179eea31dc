-- Returns: nothing of interest; the session holds the writer lock afterwards.
-- Rerunnable: a lock that is held already is counted.
select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('bullion.writer', 0));
