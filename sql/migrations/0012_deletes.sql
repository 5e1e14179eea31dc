-- What a source says that it deleted, and what cleaning corrected.
create table staging.deletes (
    source text not null,
    entity text,
    key text,
    deleted_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.deletes', 'reference', null, null);

comment on table staging.deletes is
'Rows that a source says it deleted, as staged; one row per staged row';
comment on column staging.deletes.source is 'Source that the row came from';
comment on column staging.deletes.entity is 'Entity of the row that was deleted, such as customers';
comment on column staging.deletes.key is 'Its key as the source names it';
comment on column staging.deletes.deleted_at is 'When the source deleted it';
comment on column staging.deletes.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.deletes.row_id is 'Number of the row in its batch and table';
comment on column staging.deletes.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.deletes.source_line is 'Line of the raw file on which the row begins';
comment on column staging.deletes.loaded_at is 'Start of the run that staged the row';

-- A deletion may come before its row, so that it is kept whether the row is there or not.
create table production.deletes (
    source text not null,
    entity text not null,
    key text not null,
    deleted_at timestamptz not null,
    row_hash text not null,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint deletes_natural_key primary key (source, entity, key, deleted_at),
    constraint deletes_entity_is_known check (
        entity in (
            'customers', 'categories', 'products', 'suppliers', 'stores', 'sales_representatives',
            'transactions', 'inventory_movements', 'web_events'
        )
    ),
    constraint deletes_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.deletes', 'reference', null, null);

create index deletes_batch on production.deletes (batch_id);

alter table production.deletes add constraint deletes_retailer
foreign key (source) references production.retailers (source);

comment on table production.deletes is
'Every deletion that a source told of, whether the row is here or not; deleted rows are marked,
never removed, and personal data is not erased by it';
comment on column production.deletes.source is 'Source that the row came from';
comment on column production.deletes.entity is 'Entity of the row that was deleted';
comment on column production.deletes.key is 'Its key as the source names it';
comment on column production.deletes.deleted_at is
'When the source deleted it; a version of a later moment lives again';
comment on column production.deletes.row_hash is 'Fingerprint of the content';
comment on column production.deletes.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.deletes.first_batch_id is 'Batch that brought the row first';
comment on column production.deletes.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.deletes.source_line is 'Line of that file';
comment on column production.deletes.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.deletes.loaded_at is 'Start of the run that last changed the row';
comment on column production.deletes.is_inferred is 'Never: a deletion has no stub';
comment on column production.deletes.is_deleted is 'Never: a deletion is not taken back';

create function production.is_gone(
    of_source text, of_entity text, of_key text, told_at timestamptz
) returns boolean
language sql stable parallel safe
return exists (
    select 1
    from production.deletes as deletes
    where
        deletes.source = of_source
        and deletes.entity = of_entity
        and deletes.key = of_key
        and coalesce(deletes.deleted_at >= told_at, true)
);

comment on function production.is_gone(text, text, text, timestamptz) is
'Whether the source deleted the row at or after the moment of its version; asked for rows that are
marked as deleted, of which there are few';

create function production.told_at(
    updated_at timestamptz, of_file bigint, of_batch bigint
) returns timestamptz
language sql stable parallel safe
return coalesce(
    updated_at,
    (
        select
            cast(coalesce(raw_files.business_date, batches.business_date) as timestamp)
            at time zone retailers.time_zone
        from ops.batches as batches
        inner join production.retailers as retailers
            on batches.source = retailers.source
        left join ops.raw_files as raw_files
            on raw_files.file_id = of_file
        where batches.batch_id = of_batch
    )
);

comment on function production.told_at(timestamptz, bigint, bigint) is
'Moment of a version: its own, else midnight of the day that its file, else its batch, is about';

create function production.batch_day(of_batch bigint) returns timestamptz
language sql stable parallel safe
return (
    select
        cast(
            coalesce(max(raw_files.business_date), max(batches.business_date)) as timestamp
        ) at time zone max(retailers.time_zone)
    from ops.batches as batches
    inner join production.retailers as retailers
        on batches.source = retailers.source
    left join ops.raw_files as raw_files
        on batches.batch_id = raw_files.batch_id
    where batches.batch_id = of_batch
);

comment on function production.batch_day(bigint) is
'Midnight, where the shop is, of the newest day that a batch''s files are about, else of its own';

create function production.deletion_sequence(of_batch bigint) returns bigint
language sql immutable parallel safe
-- Two to the power of 62, far above any batch.
return 4611686018427387904 + of_batch;

comment on function production.deletion_sequence(bigint) is
'Place of a deletion in a change log: above every version of the same moment, whichever came first';

comment on column production.customers_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch, or for a deletion that the source told
of production.deletion_sequence(batch)';
comment on column production.products_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch, or for a deletion that the source told
of production.deletion_sequence(batch)';
comment on column production.stores_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch, or for a deletion that the source told
of production.deletion_sequence(batch)';

-- A member that nobody deleted but that is missing where all of them come: it may come again as it
-- was, which its versions do not tell. Few ever vanish; they are looked for among these.
alter table production.customers_changes add column is_vanished boolean not null default false;
alter table production.products_changes add column is_vanished boolean not null default false;
alter table production.stores_changes add column is_vanished boolean not null default false;

comment on column production.customers_changes.is_vanished is
'Whether the end was not told of: the member was missing where its source brought all of them';
comment on column production.products_changes.is_vanished is
'Whether the end was not told of: the member was missing where its source brought all of them';
comment on column production.stores_changes.is_vanished is
'Whether the end was not told of: the member was missing where its source brought all of them';

create index customers_changes_vanished on production.customers_changes (customer_id, source)
where is_vanished;
create index products_changes_vanished on production.products_changes (product_id, source)
where is_vanished;
create index stores_changes_vanished on production.stores_changes (store_id, source)
where is_vanished;

create table ops.corrections (
    batch_id bigint not null,
    dataset text not null,
    column_name text not null,
    rule text not null,
    rows_corrected bigint not null,
    constraint corrections_pkey primary key (batch_id, dataset, column_name, rule),
    constraint corrections_batch_fkey foreign key (batch_id) references ops.batches (batch_id)
);

select ops.place('ops.corrections', 'local', null, null);

comment on table ops.corrections is
'What cleaning corrected in the accepted rows of a batch, by rule and column';
comment on column ops.corrections.batch_id is 'The batch';
comment on column ops.corrections.dataset is 'The entity';
comment on column ops.corrections.column_name is 'The column; * for the row as a whole';
comment on column ops.corrections.rule is
'trimmed, unicode_normalised, email_lower_case, phone_canonical, country_code, currency_code; or of
several rows with one key the reason why another survived: newest, most_complete, last_line';
comment on column ops.corrections.rows_corrected is 'Rows that the rule changed or left out';

-- What cleaning does, asked for one value: corrections are counted beside the rows.
create function production.is_untrimmed(value text) returns boolean
language sql immutable parallel safe
return case
    when octet_length(value) = char_length(value)
        then btrim(value, E' \t\r\n')
    else btrim(value, E' \t\r\n\u00a0\ufeff')
end is distinct from value
or value = '';

comment on function production.is_untrimmed(text) is
'Whether production.clean_text takes white space or control characters away at an end';

create function production.is_denormalised(value text) returns boolean
language sql immutable parallel safe
return coalesce(
    octet_length(value) <> char_length(value) and normalize(value, nfc) <> value, false
);

comment on function production.is_denormalised(text) is
'Whether production.clean_text puts the text into Unicode NFC';

create function production.country_code(country text) returns text
language sql stable parallel safe
return coalesce(
    (
        select names.country_code
        from production.country_aliases as names
        where names.alias = lower(production.clean_text(country))
    ),
    production.clean_text(country)
);

comment on function production.country_code(text) is
'ISO 3166 code of a country where it can be told, else the name as it is';

create function production.phone_number(phone text, country text) returns text
language sql stable parallel safe
return (
    select
        production.clean_phone(
            phone,
            max(countries.calling_code),
            max(countries.trunk_prefix)
        ) as phone_number
    from production.countries as countries
    where countries.country_code = production.country_code(country)
);

comment on function production.phone_number(text, text) is
'production.clean_phone for somebody in that country';

create function production.currency_code(currency text) returns text
language sql stable parallel safe
return coalesce(
    (
        select names.currency_code
        from production.currency_aliases as names
        where names.alias = lower(production.clean_text(currency))
    ),
    case when currency ~ '^[A-Za-z]{3}$' then upper(currency) end,
    production.clean_text(currency)
);

comment on function production.currency_code(text) is
'ISO 4217 code of a currency where it can be told, else the name as it is';
