-- Grain: one row per column of the primary key of a table in production, in order.
-- Reads: the catalog. Writes: nothing.
-- Rerunnable: reads only. $1 table.
select used.column_name::text as column_name
from information_schema.table_constraints as named
inner join information_schema.key_column_usage as used
    on
        named.constraint_schema = used.constraint_schema
        and named.constraint_name = used.constraint_name
        and named.table_name = used.table_name
where
    named.constraint_type = 'PRIMARY KEY'
    and named.table_schema = 'production'
    and named.table_name = $1
order by used.ordinal_position
