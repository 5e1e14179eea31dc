-- Equal tables: two tables hold the same content if and only if their hashes are equal.
-- Audit columns are left out, and a surrogate key is replaced by the natural key of its member,
-- since both differ between two databases that hold the same content. Facts carry no foreign
-- keys, so a key column is known by its name: it ends in the key of the table that it points to.

create function ops.content_columns(relation regclass) returns table (
    select_list text,
    joins text
)
language plpgsql
stable
as $$
declare
    attribute record;
    member record;
    natural_column record;
    expressions text[] := '{}';
    join_texts text[] := '{}';
    alias_name text;
    -- What a column looks like in text must not depend on settings or on trailing zeros.
    formatted text;
begin
    for attribute in
        select
            attributes.attname::text as name,
            format('rows_of.%I', attributes.attname) as reference,
            attributes.atttypid as type_id
        from pg_catalog.pg_attribute as attributes
        where
            attributes.attrelid = relation
            and attributes.attnum > 0
            and not attributes.attisdropped
            and attributes.attname::text <> all (array[
                'batch_id', 'first_batch_id', 'file_id', 'source_line', 'row_id', 'row_hash',
                'load_sequence', 'loaded_at', 'first_loaded_at'
            ])
        order by attributes.attname::text collate "C"
    loop
        select
            tables.oid as table_id,
            tables.oid::regclass::text as table_name,
            keys.attname::text as key_name,
            naturals.conkey as natural_columns
        into member
        from pg_catalog.pg_class as tables
        inner join pg_catalog.pg_constraint as primaries
            on tables.oid = primaries.conrelid
            and primaries.contype = 'p'
            and cardinality(primaries.conkey) = 1
        inner join pg_catalog.pg_attribute as keys
            on tables.oid = keys.attrelid
            and primaries.conkey[1] = keys.attnum
        inner join pg_catalog.pg_constraint as naturals
            on tables.oid = naturals.conrelid
            and naturals.conname::text = tables.relname::text || '_natural_key'
        where
            tables.relnamespace = 'warehouse'::regnamespace
            -- The key of a day is its natural key already.
            and keys.attname::text not in ('date_key')
            and keys.attname::text like '%\_key'
            and (
                attribute.name = keys.attname::text
                or attribute.name like '%\_' || replace(keys.attname::text, '_', '\_')
            )
        order by length(keys.attname::text) desc
        limit 1;

        if not found then
            expressions := expressions
                || ops.canonical_text(attribute.reference, attribute.type_id);
        elsif member.table_id <> relation then
            alias_name := format('%I', 'member_of_' || attribute.name);
            join_texts := join_texts || format(
                'left join %s as %s on %s = %s.%I',
                member.table_name, alias_name, attribute.reference, alias_name, member.key_name
            );
            for natural_column in
                select attributes.attname, attributes.atttypid
                from pg_catalog.pg_attribute as attributes
                where
                    attributes.attrelid = member.table_id
                    and attributes.attnum = any (member.natural_columns)
                order by attributes.attname::text collate "C"
            loop
                formatted := ops.canonical_text(
                    format('%s.%I', alias_name, natural_column.attname), natural_column.atttypid
                );
                expressions := expressions || formatted;
            end loop;
        end if;
    end loop;
    select_list := array_to_string(expressions, ', ');
    joins := array_to_string(join_texts, ' ');
    return next;
end
$$;

comment on function ops.content_columns(regclass) is
'The expressions, and the joins that they need, which make up the content of a relation''s row';

create function ops.canonical_text(expression text, type_id oid) returns text
language sql immutable parallel safe
return case
    when type_id = 'pg_catalog.numeric'::regtype then format('trim_scale(%s)', expression)
    when type_id = 'pg_catalog.timestamptz'::regtype
        then format('extract(epoch from %s)', expression)
    when type_id = 'pg_catalog.date'::regtype
        then format('(%s - date ''2000-01-01'')', expression)
    else expression
end;

comment on function ops.canonical_text(text, oid) is
'An expression that looks the same in text under all settings, for a value of that type';

create function ops.content_hash(relation regclass) returns text
language plpgsql
stable
as $$
declare
    parts record;
    answer text;
begin
    select * into parts from ops.content_columns(relation);
    -- Rows are hashed, then buckets of rows, then the buckets: memory stays flat.
    execute format(
        'with hashed as ( '
        'select md5(cast(row(%s) as text)) as row_md5 from %s as rows_of %s '
        '), buckets as ( '
        'select substr(row_md5, 1, 3) as bucket, '
        'md5(string_agg(row_md5, '','' order by row_md5 collate "C")) as bucket_md5 '
        'from hashed group by substr(row_md5, 1, 3) '
        ') select coalesce(md5(string_agg('
        'bucket || bucket_md5, '','' order by bucket collate "C")), md5('''')) from buckets',
        parts.select_list, relation, parts.joins
    ) into answer;
    return answer;
end
$$;

comment on function ops.content_hash(regclass) is
'Hash of a relation''s content: equal exactly when two relations hold the same rows';
