-- Grain: one row per column of a table in staging.
-- Reads: the catalog. Writes: nothing.
-- Rerunnable: reads only.
select
    described.table_name::text as dataset,
    described.column_name::text as column_name,
    described.data_type::text as data_type,
    pg_catalog.col_description(
        format('%I.%I', described.table_schema, described.table_name)::regclass,
        described.ordinal_position
    ) as description
from information_schema.columns as described
where described.table_schema = 'staging'
order by described.table_name, described.ordinal_position
