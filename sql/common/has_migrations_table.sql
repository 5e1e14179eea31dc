-- Returns: whether any migration was ever applied.
select pg_catalog.to_regclass('ops.migrations') is not null as has_table;
