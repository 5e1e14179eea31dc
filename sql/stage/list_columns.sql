-- Returns: names and types of a table's columns, in order; no row where there is no such table.
select
    pg_attribute.attname::text as column_name,
    pg_catalog.format_type(pg_attribute.atttypid, null) as data_type
from pg_catalog.pg_attribute
inner join pg_catalog.pg_class on pg_class.oid = pg_attribute.attrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_namespace.nspname = $1
    and pg_class.relname = $2
    and pg_attribute.attnum > 0
    and not pg_attribute.attisdropped
order by pg_attribute.attnum;
