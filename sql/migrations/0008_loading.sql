-- A batch is loaded by several connections at once, each in a transaction of its own. Until the
-- last of them is done, the batch and its files are 'loading', and nobody may make anything of it.
alter table ops.batches drop constraint batches_state_check;

alter table ops.batches add constraint batches_state_check check (
    state in ('loading', 'staged', 'passed', 'blocked', 'published', 'abandoned')
);

comment on column ops.batches.state is
'loading while its files are read, then staged, then passed or blocked, then published; abandoned
when a later batch took its place';

alter table ops.raw_files drop constraint raw_files_state_check;

alter table ops.raw_files add constraint raw_files_state_check check (
    state in ('loading', 'staged', 'loaded', 'abandoned')
);

comment on column ops.raw_files.state is 'loading, staged, loaded or abandoned';

-- A file that left its snapshot is known to be gone when the batch that noticed it is published.
alter table ops.raw_files add column vanished_batch_id bigint;

comment on column ops.raw_files.vanished_batch_id is
'The batch that found the file gone from its snapshot; null while it is there';

-- "Seen before" is asked for every reject.
create index quarantine_seen_before_idx on ops.quarantine (
    source, dataset, source_file, record_number, batch_id
);

-- Rows of an upserted landing table that a batch replaced come back when it is never published.
create table ops.replaced_rows (
    batch_id bigint not null,
    source text not null,
    table_name text not null,
    landed_row jsonb not null
);

comment on table ops.replaced_rows is
'Rows of landing that a batch not yet published took the place of; they come back if it never is';
comment on column ops.replaced_rows.batch_id is 'The batch that replaced the row';
comment on column ops.replaced_rows.source is 'The source';
comment on column ops.replaced_rows.table_name is 'The table in source.toml';
comment on column ops.replaced_rows.landed_row is 'The row as it was in landing';

create index replaced_rows_source_idx on ops.replaced_rows (source, batch_id);
