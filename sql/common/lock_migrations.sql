-- Returns: nothing of interest; the transaction holds the lock of the migrations afterwards.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bullion.migrations', 0));
