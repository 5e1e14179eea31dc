-- Returns: the columns of landing table $1 that arrived in a file and were never declared; their
-- comments say when.
select pg_attribute.attname::text as column_name
from pg_catalog.pg_attribute
inner join pg_catalog.pg_class on pg_class.oid = pg_attribute.attrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_namespace.nspname = 'landing'
    and pg_class.relname = $1
    and pg_attribute.attnum > 0
    and not pg_attribute.attisdropped
    and pg_catalog.col_description(pg_class.oid, pg_attribute.attnum) like 'Arrived on %'
order by pg_attribute.attnum;
