-- The six schemas, and the wrappers that keep one SQL text for one PostgreSQL and for a cluster.
-- The runner made it already, for its own table.
create schema if not exists ops;

create schema landing;

create schema staging;

create schema production;

create schema warehouse;

create schema analytics;

comment on schema ops is 'Runs, batches, files, ledger, verdicts, quarantine, audit';

comment on schema landing is 'Rows shaped like their source, one table per source file kind';

comment on schema staging is 'Rows shaped like our entities, of this run only';

comment on schema production is 'Clean, typed, keyed and constrained entities';

comment on schema warehouse is 'The star schema: dimensions, facts, aggregates';

comment on schema analytics is 'Views for readers';

-- Placement is a no-op on one PostgreSQL; on a cluster it calls the engine through execute, so
-- that this text parses where the extension is absent.
create function ops.place(
    table_name text,
    kind text,
    distribution_column text default null,
    colocate_with text default null
) returns void
language plpgsql
as $$
begin
    if kind not in ('distributed', 'reference', 'local') then
        raise exception 'ops.place: unknown kind "%"', kind
            using hint = 'use distributed, reference or local';
    end if;
    if kind = 'local'
        or not exists (select 1 from pg_catalog.pg_extension where extname = 'citus') then
        return;
    end if;
    if kind = 'reference' then
        execute 'select create_reference_table($1)' using table_name;
    else
        execute 'select create_distributed_table($1, $2, colocate_with => $3)'
            using table_name, distribution_column, coalesce(colocate_with, 'default');
    end if;
end
$$;

comment on function ops.place(text, text, text, text) is
'Places a table on a cluster (distributed, reference or local); does nothing on one PostgreSQL';

create function ops.table_bytes(table_name text) returns bigint
language plpgsql
stable
as $$
declare
    answer bigint;
begin
    if exists (select 1 from pg_catalog.pg_extension where extname = 'citus') then
        execute 'select citus_total_relation_size($1)' into answer using table_name;
    else
        -- A partitioned table has no storage of its own: its leaves are summed.
        select coalesce(sum(pg_catalog.pg_total_relation_size(relid)), 0) into answer
        from pg_catalog.pg_partition_tree(table_name::regclass);
        if answer = 0 then
            answer := pg_catalog.pg_total_relation_size(table_name::regclass);
        end if;
    end if;
    return answer;
end
$$;

comment on function ops.table_bytes(text) is
'Bytes of a table with its indexes, on one PostgreSQL and on a cluster';
