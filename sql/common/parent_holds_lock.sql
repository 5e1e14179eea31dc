-- Returns: whether the run's own session holds the run lock at this moment.
-- The two halves of a 64-bit advisory key are in classid and objid.
select exists(
    select 1
    from ops.runs
    inner join pg_catalog.pg_locks on pg_locks.pid = runs.backend_pid
    where
        runs.run_id = $1
        and runs.state = 'running'
        and pg_locks.locktype = 'advisory'
        and pg_locks.granted
        and ((pg_locks.classid::bigint << 32) | pg_locks.objid::bigint)
        = pg_catalog.hashtextextended('bullion.run', 0)
) as is_held;
