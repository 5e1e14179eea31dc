-- What `quality faults` compares: the labels of planted faults, and what was found. Both tables are
-- filled in a transaction that is rolled back, so that they are always empty to everybody else.
create table ops.fault_labels (
    label_line bigint not null,
    source_file text not null,
    source_line bigint,
    natural_key text,
    kind text not null,
    field text,
    clean_value text,
    expected text not null,
    dataset text,
    verdict text,
    outcome text
);

comment on table ops.fault_labels is
'Labels of planted faults while they are compared with verdicts; always empty to others';
comment on column ops.fault_labels.label_line is 'Line of the label in faults.jsonl';
comment on column ops.fault_labels.source_file is 'Path below the source''s data folder';
comment on column ops.fault_labels.source_line is
'First line of the record; null for a whole file or day';
comment on column ops.fault_labels.natural_key is 'Key of the row';
comment on column ops.fault_labels.kind is 'Kind of fault';
comment on column ops.fault_labels.field is 'Column that was changed';
comment on column ops.fault_labels.clean_value is 'The value without the fault';
comment on column ops.fault_labels.expected is 'reject, quarantine, warning or gate';
comment on column ops.fault_labels.dataset is 'Table of the file; null where no batch read it';
comment on column ops.fault_labels.verdict is 'Strictest verdict on the row; null for none';
comment on column ops.fault_labels.outcome is 'met, otherwise, missed or not read';

create table ops.fault_findings (
    finding_id bigserial not null,
    dataset text not null,
    source_file text,
    source_line bigint,
    verdict text not null,
    rules text[] not null,
    touches text[] not null,
    standing text,
    kind text
);

comment on table ops.fault_findings is
'Every row on which there is a verdict while labels are compared; always empty to others';
comment on column ops.fault_findings.finding_id is 'The finding';
comment on column ops.fault_findings.dataset is 'The source''s table, or the entity';
comment on column ops.fault_findings.source_file is 'Path below the source''s data folder';
comment on column ops.fault_findings.source_line is 'First line of the record';
comment on column ops.fault_findings.verdict is
'rejected, quarantined, superseded, consequence or warned';
comment on column ops.fault_findings.rules is 'Every rule that the row broke';
comment on column ops.fault_findings.touches is
'Where all rules look beyond the row: the rows that they look at, as entity and key';
comment on column ops.fault_findings.standing is 'planted, consequence or false alarm';
comment on column ops.fault_findings.kind is 'Kind of fault that it is counted under';
