-- Grain: one row per table of the warehouse that a view of analytics reads.
-- Reads: the catalog. Writes: nothing. Rerunnable: reads only.
select distinct namespaces.nspname::text || '.' || tables.relname::text as relation
from pg_catalog.pg_class as views
inner join pg_catalog.pg_rewrite as rules
    on views.oid = rules.ev_class
inner join pg_catalog.pg_depend as uses
    on
        rules.oid = uses.objid
        and uses.classid = 'pg_catalog.pg_rewrite'::regclass
        and uses.refclassid = 'pg_catalog.pg_class'::regclass
inner join pg_catalog.pg_class as tables
    on uses.refobjid = tables.oid
inner join pg_catalog.pg_namespace as namespaces
    on tables.relnamespace = namespaces.oid
where
    views.relnamespace = 'analytics'::regnamespace
    and namespaces.nspname = 'warehouse'
order by relation
