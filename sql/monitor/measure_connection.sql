-- Grain: one row.
-- Reads: the catalog.
-- Returns: connections of clients to this database, and whether the pipeline's tables are there.
select
    count(*) as connections_active,
    to_regclass('ops.runs') is not null as is_migrated
from pg_catalog.pg_stat_activity
where
    datname = current_database()
    and backend_type = 'client backend';
