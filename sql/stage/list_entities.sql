-- Returns: the tables of staging that hold rows of batches.
select pg_class.relname::text as table_name
from pg_catalog.pg_class
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_namespace.nspname = 'staging'
    and pg_class.relkind in ('r', 'p')
    and pg_class.relname <> 'batch'
order by pg_class.relname;
