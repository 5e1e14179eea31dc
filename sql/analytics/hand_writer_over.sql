-- Returns: whether the session held the writer lock; its transaction goes on holding it.
-- Rerunnable: a lock that is not held is only warned about.
select
    pg_catalog.pg_advisory_unlock(
        pg_catalog.hashtextextended('bullion.writer', 0)
    ) as was_held;
