-- Grain: one row per table of production or warehouse that has a natural key.
-- Reads: the catalog. Writes: nothing.
-- Returns: the columns of the key in order, their types, all columns, and the surrogate key.
-- Rerunnable: reads only.
select
    namespaces.nspname::text as schema_name,
    tables.relname::text as table_name,
    array(
        select attributes.attname::text
        from unnest(naturals.conkey) with ordinality as used (attnum, ordinal)
        inner join pg_catalog.pg_attribute as attributes
            on
                attributes.attrelid = tables.oid
                and used.attnum = attributes.attnum
        order by used.ordinal
    ) as key_columns,
    array(
        select pg_catalog.format_type(attributes.atttypid, attributes.atttypmod)
        from unnest(naturals.conkey) with ordinality as used (attnum, ordinal)
        inner join pg_catalog.pg_attribute as attributes
            on
                attributes.attrelid = tables.oid
                and used.attnum = attributes.attnum
        order by used.ordinal
    ) as key_types,
    array(
        select attributes.attname::text
        from pg_catalog.pg_attribute as attributes
        where
            attributes.attrelid = tables.oid
            and attributes.attnum > 0
            and not attributes.attisdropped
        order by attributes.attnum
    ) as all_columns,
    (
        select attributes.attname::text
        from pg_catalog.pg_constraint as primaries
        inner join pg_catalog.pg_attribute as attributes
            on
                primaries.conrelid = attributes.attrelid
                and primaries.conkey[1] = attributes.attnum
        where
            primaries.conrelid = tables.oid
            and primaries.contype = 'p'
            and cardinality(primaries.conkey) = 1
            and attributes.attname::text like '%\_key'
    ) as surrogate_key
from pg_catalog.pg_class as tables
inner join pg_catalog.pg_namespace as namespaces
    on tables.relnamespace = namespaces.oid
inner join pg_catalog.pg_constraint as naturals
    on
        tables.oid = naturals.conrelid
        and naturals.conname::text = tables.relname::text || '_natural_key'
where
    namespaces.nspname in ('production', 'warehouse')
    and tables.relkind in ('r', 'p')
    and not tables.relispartition
order by
    schema_name,
    table_name
