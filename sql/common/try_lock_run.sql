-- Returns: whether this session now holds the run lock, and the session's process.
select
    pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('bullion.run', 0)) as is_locked,
    pg_catalog.pg_backend_pid() as backend_pid;
