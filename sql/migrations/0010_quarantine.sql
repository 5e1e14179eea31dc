-- Quarantine as a stock of work: causes apart from consequences, and rows that are tried again.
alter table ops.quarantine add column caused_by text;

comment on column ops.quarantine.caused_by is
'Of a row that is held back with another: the row that failed; null for a cause';

alter table ops.batches add column is_replay boolean not null default false;

comment on column ops.batches.is_replay is
'Whether its rows come from quarantine alone, and no file was read';

alter table ops.ledger add column rows_replayed bigint not null default 0;

comment on column ops.ledger.rows_replayed is
'Rows staged from quarantine, beside those of the files; part of rows_staged';

comment on table ops.ledger is
'read + replayed = staged + rejected; staged = published + quarantined + consequence + superseded';

-- What becomes of the entries is decided when the batch is judged and done when it is published.
create table ops.quarantine_trials (
    batch_id bigint not null,
    dataset text not null,
    row_id bigint not null,
    quarantine_id bigint not null,
    is_replay boolean not null,
    constraint quarantine_trials_pkey primary key (batch_id, dataset, row_id, quarantine_id)
);

comment on table ops.quarantine_trials is
'Staged rows that stand for entries of quarantine: the entry itself, tried again, or its key';
comment on column ops.quarantine_trials.batch_id is 'The batch that tries';
comment on column ops.quarantine_trials.dataset is 'The entity';
comment on column ops.quarantine_trials.row_id is 'The staged row';
comment on column ops.quarantine_trials.quarantine_id is 'The entry';
comment on column ops.quarantine_trials.is_replay is
'Whether the row was staged from the entry; else the source brought the same key again';

create index quarantine_trials_entry_idx on ops.quarantine_trials (quarantine_id);

-- Rows and raw records may hold personal data: who works quarantine off is given this role. Where
-- the database's user may not create roles, an administrator does.
do $$
begin
    if not exists (select 1 from pg_catalog.pg_roles where rolname = 'bullion_steward') then
        create role bullion_steward nologin;
    end if;
exception
    when duplicate_object or unique_violation or insufficient_privilege then
        raise notice 'role bullion_steward was not created: %', sqlerrm;
end
$$;

do $$
begin
    if exists (select 1 from pg_catalog.pg_roles where rolname = 'bullion_steward') then
        execute 'grant usage on schema ops to bullion_steward';
        execute 'grant select on ops.quarantine to bullion_steward';
    end if;
end
$$;

comment on table ops.audit_log is
'Decisions of people: gates accepted, rows of quarantine looked at';
