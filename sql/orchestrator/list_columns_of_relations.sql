-- Grain: one row per column of the relations named in $1 as schema.table.
-- Reads: the catalog. Writes: nothing. Rerunnable: reads only.
select
    namespaces.nspname::text || '.' || tables.relname::text as relation,
    attributes.attname::text as column_name,
    pg_catalog.format_type(attributes.atttypid, attributes.atttypmod) as type_name,
    pg_catalog.col_description(tables.oid, attributes.attnum) as description
from pg_catalog.pg_class as tables
inner join pg_catalog.pg_namespace as namespaces
    on tables.relnamespace = namespaces.oid
inner join pg_catalog.pg_attribute as attributes
    on tables.oid = attributes.attrelid
where
    namespaces.nspname::text || '.' || tables.relname::text = any($1)
    and tables.relkind in ('r', 'p', 'v', 'm')
    and attributes.attnum > 0
    and not attributes.attisdropped
order by
    relation,
    attributes.attnum
