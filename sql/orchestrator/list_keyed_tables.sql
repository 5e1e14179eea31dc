-- Grain: one row per table of production or warehouse that has a natural key.
-- Reads: the catalog. Writes: nothing.
-- Returns: the columns of the key in order, their types, all columns, and the surrogate key.
-- Rerunnable: reads only.
select
    namespaces.nspname::text as schema_name,
    tables.relname::text as table_name,
    keys.column_names as key_columns,
    keys.type_names as key_types,
    everything.column_names as all_columns,
    surrogates.column_name as surrogate_key
from pg_catalog.pg_class as tables
inner join pg_catalog.pg_namespace as namespaces
    on tables.relnamespace = namespaces.oid
inner join pg_catalog.pg_constraint as naturals
    on
        tables.oid = naturals.conrelid
        and naturals.conname::text = tables.relname::text || '_natural_key'
cross join lateral (
    select
        array_agg(attributes.attname::text order by used.ordinal) as column_names,
        array_agg(
            pg_catalog.format_type(attributes.atttypid, attributes.atttypmod)
            order by used.ordinal
        ) as type_names
    from unnest(naturals.conkey) with ordinality as used (attnum, ordinal)
    inner join pg_catalog.pg_attribute as attributes
        on
            attributes.attrelid = tables.oid
            and used.attnum = attributes.attnum
) as keys
cross join lateral (
    select array_agg(attributes.attname::text order by attributes.attnum) as column_names
    from pg_catalog.pg_attribute as attributes
    where
        attributes.attrelid = tables.oid
        and attributes.attnum > 0
        and not attributes.attisdropped
) as everything
left join lateral (
    select attributes.attname::text as column_name
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
) as surrogates
    on true
where
    namespaces.nspname in ('production', 'warehouse')
    and tables.relkind in ('r', 'p')
    and not tables.relispartition
order by
    namespaces.nspname,
    tables.relname
