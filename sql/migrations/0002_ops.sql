-- What the pipeline knows of itself: runs, batches, files, ledger, verdicts, quarantine, audit.
create sequence ops.batch_ids as bigint;

comment on sequence ops.batch_ids is 'Numbers of batches, taken under the writer lock';

create table ops.runs (
    run_id uuid not null,
    display_id text not null,
    program text not null,
    business_date date not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    state text not null,
    exit_code integer,
    backend_pid integer,
    host text,
    report jsonb,
    constraint runs_pkey primary key (run_id),
    constraint runs_state_check check (
        state in ('running', 'succeeded', 'partial', 'blocked', 'failed', 'cancelled')
    )
);

comment on table ops.runs is
'One row per run: of the orchestrator, or of a program started by hand';
comment on column ops.runs.run_id is 'UUIDv7 of the run';
comment on column ops.runs.display_id is 'PIPE_YYYYMMDD_HHMMSS, for people';
comment on column ops.runs.program is 'The program that began the run';
comment on column ops.runs.business_date is 'The day that the run is about';
comment on column ops.runs.started_at is 'Start of the run';
comment on column ops.runs.ended_at is 'End of the run; null while it runs or when it was killed';
comment on column ops.runs.state is 'running, succeeded, partial, blocked, failed or cancelled';
comment on column ops.runs.exit_code is 'Exit code of the program';
comment on column ops.runs.backend_pid is 'Server process that holds the run lock';
comment on column ops.runs.host is 'Machine that the run was started on';
comment on column ops.runs.report is 'The execution report, as written to disk';

create index runs_started_at_idx on ops.runs (started_at desc);

create table ops.stage_runs (
    run_id uuid not null,
    stage text not null,
    attempt integer not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    status text not null,
    exit_code integer,
    rows_in bigint,
    rows_out bigint,
    peak_memory_bytes bigint,
    error text,
    constraint stage_runs_pkey primary key (run_id, stage, attempt)
);

comment on table ops.stage_runs is 'One row per attempt of a stage in a run';
comment on column ops.stage_runs.run_id is 'The run';
comment on column ops.stage_runs.stage is 'The program';
comment on column ops.stage_runs.attempt is 'First attempt is 1';
comment on column ops.stage_runs.started_at is 'Start of the attempt';
comment on column ops.stage_runs.ended_at is 'End of the attempt';
comment on column ops.stage_runs.status is 'success, partial, failed, skipped or cancelled';
comment on column ops.stage_runs.exit_code is 'Exit code; null when a signal ended the process';
comment on column ops.stage_runs.rows_in is 'Rows that the stage looked at';
comment on column ops.stage_runs.rows_out is 'Rows that the stage inserted, updated or deleted';
comment on column ops.stage_runs.peak_memory_bytes is 'Largest resident memory of the process';
comment on column ops.stage_runs.error is 'Why the attempt failed';

create table ops.batches (
    batch_id bigint not null,
    run_id uuid not null,
    source text not null,
    business_date date not null,
    state text not null,
    staged_at timestamptz not null,
    judged_at timestamptz,
    published_at timestamptz,
    constraint batches_pkey primary key (batch_id),
    constraint batches_state_check check (
        state in ('staged', 'passed', 'blocked', 'published', 'abandoned')
    )
);

comment on table ops.batches is 'A batch is one source in one run';
comment on column ops.batches.batch_id is 'From ops.batch_ids';
comment on column ops.batches.run_id is 'The run that staged it';
comment on column ops.batches.source is 'The source';
comment on column ops.batches.business_date is 'The day that the run is about';
comment on column ops.batches.state is
'staged, then passed or blocked, then published; abandoned when a later batch took its place';
comment on column ops.batches.staged_at is 'Start of the run that staged it';
comment on column ops.batches.judged_at is 'Start of the run that judged it';
comment on column ops.batches.published_at is 'Start of the run that published it';

create index batches_source_idx on ops.batches (source, batch_id);

create table ops.raw_files (
    file_id bigserial not null,
    batch_id bigint not null,
    source text not null,
    table_name text not null,
    path text not null,
    content_sha256 text not null,
    config_sha256 text not null,
    bytes bigint not null,
    modified_at timestamptz not null,
    business_date date,
    rows_read bigint not null,
    rows_loaded bigint not null,
    rows_rejected bigint not null,
    state text not null,
    loaded_at timestamptz,
    constraint raw_files_pkey primary key (file_id),
    constraint raw_files_state_check check (state in ('staged', 'loaded', 'abandoned')),
    constraint raw_files_balance_check check (rows_read = rows_loaded + rows_rejected),
    constraint raw_files_batch_fkey foreign key (batch_id) references ops.batches (batch_id)
);

comment on table ops.raw_files is
'Every version of every raw file; it is loaded when the transaction that publishes it says so';
comment on column ops.raw_files.file_id is 'The version of the file';
comment on column ops.raw_files.batch_id is 'The batch that read it';
comment on column ops.raw_files.source is 'The source';
comment on column ops.raw_files.table_name is 'The table in source.toml';
comment on column ops.raw_files.path is 'Path below the source''s data folder';
comment on column ops.raw_files.content_sha256 is 'SHA-256 of the bytes';
comment on column ops.raw_files.config_sha256 is 'SHA-256 of the table''s configuration and SQL';
comment on column ops.raw_files.bytes is 'Size of the file';
comment on column ops.raw_files.modified_at is 'The file''s time of modification';
comment on column ops.raw_files.business_date is 'The day that the file is about, from its folder';
comment on column ops.raw_files.rows_read is 'Records in the file';
comment on column ops.raw_files.rows_loaded is 'Records that reached landing or staging';
comment on column ops.raw_files.rows_rejected is 'Records in quarantine';
comment on column ops.raw_files.state is 'staged, loaded or abandoned';
comment on column ops.raw_files.loaded_at is 'Start of the run that published it';

create index raw_files_lookup_idx on ops.raw_files (source, table_name, path, file_id);

create index raw_files_batch_idx on ops.raw_files (batch_id);

create table ops.ledger (
    batch_id bigint not null,
    layer text not null,
    dataset text not null,
    rows_read bigint,
    rows_rejected bigint,
    rows_staged bigint,
    rows_quarantined bigint,
    rows_consequence bigint,
    rows_superseded bigint,
    rows_published bigint,
    rows_inserted bigint,
    rows_updated bigint,
    rows_unchanged bigint,
    is_whole boolean not null default false,
    constraint ledger_pkey primary key (batch_id, layer, dataset),
    constraint ledger_layer_check check (layer in ('landing', 'staging')),
    constraint ledger_batch_fkey foreign key (batch_id) references ops.batches (batch_id)
);

comment on table ops.ledger is
'read = staged + rejected; staged = published + quarantined + consequence + superseded';
comment on column ops.ledger.batch_id is 'The batch';
comment on column ops.ledger.layer is 'landing for a source''s table, staging for an entity';
comment on column ops.ledger.dataset is 'The table or entity';
comment on column ops.ledger.rows_read is 'Records in the files; null where rows come from landing';
comment on column ops.ledger.rows_rejected is 'Records that do not parse';
comment on column ops.ledger.rows_staged is 'Rows in landing or staging';
comment on column ops.ledger.rows_quarantined is 'Rows that break an error-level rule';
comment on column ops.ledger.rows_consequence is 'Rows held back with a row that failed';
comment on column ops.ledger.rows_superseded is 'Duplicates and older versions';
comment on column ops.ledger.rows_published is 'Rows that production took';
comment on column ops.ledger.rows_inserted is 'Of these, new keys';
comment on column ops.ledger.rows_updated is 'Of these, keys that changed';
comment on column ops.ledger.rows_unchanged is 'Of these, keys that did not change';
comment on column ops.ledger.is_whole is
'Whether these rows are all that the source has: what production holds beyond them has vanished';

create table ops.quarantine (
    quarantine_id bigserial not null,
    batch_id bigint not null,
    source text not null,
    dataset text not null,
    source_file text not null,
    source_line bigint,
    record_number bigint not null,
    natural_key text,
    stage text not null,
    rules text[] not null,
    severity text not null,
    raw bytea,
    payload jsonb,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    attempts integer not null default 1,
    status text not null default 'open',
    resolved_by text,
    previous_id bigint,
    constraint quarantine_pkey primary key (quarantine_id),
    constraint quarantine_natural_key unique (batch_id, dataset, source_file, record_number),
    constraint quarantine_status_check check (
        status in ('open', 'superseded', 'repaired', 'replayed', 'waived')
    )
);

comment on table ops.quarantine is 'Every refused row, once, with all its reasons';
comment on column ops.quarantine.quarantine_id is 'The entry';
comment on column ops.quarantine.batch_id is 'The batch that brought the row';
comment on column ops.quarantine.source is 'The source';
comment on column ops.quarantine.dataset is 'The source''s table, or the entity';
comment on column ops.quarantine.source_file is 'Path below the source''s data folder';
comment on column ops.quarantine.source_line is 'First line of the record in the file';
comment on column ops.quarantine.record_number is
'Record in the file, from 1; for a staged row its row_id';
comment on column ops.quarantine.natural_key is 'Key of the row, where it could be read';
comment on column ops.quarantine.stage is 'The program that refused it';
comment on column ops.quarantine.rules is 'Every rule that it broke';
comment on column ops.quarantine.severity is 'Severity of the worst of them';
comment on column ops.quarantine.raw is 'The bytes of the record, where stage refused it';
comment on column ops.quarantine.payload is 'The typed row, where quality refused it';
comment on column ops.quarantine.first_seen_at is 'Start of the run that refused it first';
comment on column ops.quarantine.last_seen_at is 'Start of the run that refused it last';
comment on column ops.quarantine.attempts is 'How often it was tried';
comment on column ops.quarantine.status is 'open, superseded, repaired, replayed or waived';
comment on column ops.quarantine.resolved_by is 'What or who closed it';
comment on column ops.quarantine.previous_id is 'The entry of the same row in an earlier batch';

create index quarantine_open_idx on ops.quarantine (source, dataset, status);

create table ops.rejections (
    batch_id bigint not null,
    dataset text not null,
    row_id bigint not null,
    rules text[] not null,
    severity text not null,
    verdict text not null,
    caused_by text,
    constraint rejections_pkey primary key (batch_id, dataset, row_id),
    constraint rejections_verdict_check check (
        verdict in ('quarantined', 'consequence', 'superseded', 'warned')
    )
);

comment on table ops.rejections is
'The verdicts of quality on staged rows; production holds back every verdict but warned';
comment on column ops.rejections.batch_id is 'The batch';
comment on column ops.rejections.dataset is 'The entity';
comment on column ops.rejections.row_id is 'The staged row';
comment on column ops.rejections.rules is 'Every rule that it broke';
comment on column ops.rejections.severity is 'Severity of the worst of them';
comment on column ops.rejections.verdict is 'quarantined, consequence, superseded or warned';
comment on column ops.rejections.caused_by is 'Of a consequence, the row that failed';

create table ops.check_results (
    batch_id bigint not null,
    check_id text not null,
    dataset text not null,
    column_name text,
    assertion text not null,
    dimension text not null,
    severity text not null,
    status text not null,
    element_count bigint not null,
    unexpected_count bigint not null,
    duration_ms double precision not null,
    constraint check_results_pkey primary key (batch_id, check_id)
);

comment on table ops.check_results is 'What each check found in each batch';
comment on column ops.check_results.batch_id is 'The batch';
comment on column ops.check_results.check_id is 'entity.column.rule';
comment on column ops.check_results.dataset is 'The entity';
comment on column ops.check_results.column_name is 'The column, where the check has one';
comment on column ops.check_results.assertion is 'What is asserted';
comment on column ops.check_results.dimension is 'Dimension of quality';
comment on column ops.check_results.severity is 'critical, error, warn or info';
comment on column ops.check_results.status is 'pass, fail, warn, skip or error';
comment on column ops.check_results.element_count is 'Rows that it looked at';
comment on column ops.check_results.unexpected_count is 'Rows that failed';
comment on column ops.check_results.duration_ms is 'Time that it took';

create table ops.quality_runs (
    batch_id bigint not null,
    source text not null,
    judged_at timestamptz not null,
    score numeric not null,
    grade text not null,
    decision text not null,
    blocking_failures text[] not null,
    report jsonb not null,
    constraint quality_runs_pkey primary key (batch_id)
);

comment on table ops.quality_runs is 'The verdict on each batch';
comment on column ops.quality_runs.batch_id is 'The batch';
comment on column ops.quality_runs.source is 'The source';
comment on column ops.quality_runs.judged_at is 'Start of the run that judged it';
comment on column ops.quality_runs.score is 'Overall score, 0 to 100';
comment on column ops.quality_runs.grade is 'A to F';
comment on column ops.quality_runs.decision is 'pass, warn or block';
comment on column ops.quality_runs.blocking_failures is 'What blocked it';
comment on column ops.quality_runs.report is 'The batch''s part of the report';

create table ops.watermarks (
    consumer text not null,
    source text not null,
    batch_id bigint not null,
    moved_at timestamptz not null,
    constraint watermarks_pkey primary key (consumer, source)
);

comment on table ops.watermarks is 'The last batch of each source that a consumer has consumed';
comment on column ops.watermarks.consumer is 'The program that reads';
comment on column ops.watermarks.source is 'The source';
comment on column ops.watermarks.batch_id is 'The last batch that it consumed';
comment on column ops.watermarks.moved_at is 'Start of the run that moved it';

create table ops.audit_log (
    audit_id bigserial not null,
    run_id uuid,
    happened_at timestamptz not null,
    action text not null,
    subject text not null,
    reason text,
    actor text not null,
    constraint audit_log_pkey primary key (audit_id)
);

comment on table ops.audit_log is 'Decisions of people: gates accepted, quarantine waived';
comment on column ops.audit_log.audit_id is 'The entry';
comment on column ops.audit_log.run_id is 'The run in which it was decided';
comment on column ops.audit_log.happened_at is 'Start of that run';
comment on column ops.audit_log.action is 'What was done';
comment on column ops.audit_log.subject is 'To what';
comment on column ops.audit_log.reason is 'Why, in the person''s words';
comment on column ops.audit_log.actor is 'Who';

comment on table ops.migrations is 'Applied migrations';
comment on column ops.migrations.name is 'File below sql/';
comment on column ops.migrations.sha256 is 'SHA-256 of the file when it was applied';
comment on column ops.migrations.applied_at is 'When it was applied';
