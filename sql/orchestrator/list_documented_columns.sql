-- Grain: one row per column of every table and view that people read about; no partitions.
-- Reads: the catalog. Writes: nothing. Rerunnable: reads only.
-- Returns: the column with its comment and its relation's; whether it is of the natural key, and
-- whether it is the surrogate key.
select
    namespaces.nspname::text as schema_name,
    tables.relname::text as table_name,
    tables.relkind in ('v', 'm') as is_view,
    pg_catalog.obj_description(tables.oid, 'pg_class') as table_comment,
    attributes.attname::text as column_name,
    pg_catalog.format_type(attributes.atttypid, attributes.atttypmod) as type_name,
    pg_catalog.col_description(tables.oid, attributes.attnum) as column_comment,
    coalesce(attributes.attnum = any(keys.conkey), false) as is_key,
    coalesce(
        attributes.attnum = any(primaries.conkey)
        and attributes.attname::text like '%\_key'
        and cardinality(primaries.conkey) = 1,
        false
    ) as is_surrogate
from pg_catalog.pg_class as tables
inner join pg_catalog.pg_namespace as namespaces
    on tables.relnamespace = namespaces.oid
inner join pg_catalog.pg_attribute as attributes
    on tables.oid = attributes.attrelid
left join pg_catalog.pg_constraint as primaries
    on
        tables.oid = primaries.conrelid
        and primaries.contype = 'p'
left join pg_catalog.pg_constraint as keys
    on
        tables.oid = keys.conrelid
        and case
            when exists (
                select 1
                from pg_catalog.pg_constraint as naturals
                where
                    naturals.conrelid = tables.oid
                    and naturals.conname::text = tables.relname::text || '_natural_key'
            ) then keys.conname::text = tables.relname::text || '_natural_key'
            else keys.contype = 'p'
        end
where
    namespaces.nspname in ('staging', 'production', 'warehouse', 'analytics', 'ops')
    and tables.relkind in ('r', 'p', 'v', 'm')
    and not tables.relispartition
    and attributes.attnum > 0
    and not attributes.attisdropped
order by
    namespaces.nspname::text collate "C",
    tables.relname::text collate "C",
    attributes.attnum
