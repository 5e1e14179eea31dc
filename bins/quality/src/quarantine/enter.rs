//! What is held back becomes entries of quarantine, as a compiled statement.

use crate::check::Entity;
use crate::findings::{Batch, TECHNICAL, VERSION_COLUMN, older_version, staging};
use crate::sql_text::{columns, equal, identifier, literal, text_array};

/// Puts what is held back into `ops.quarantine`, linked to the last entry of the same key, or,
/// without a key, of the same line of the file. A row that is held back with another names it.
/// Older versions are history where history is kept, and no fault: they are not listed. A row that
/// came from quarantine has its entry.
/// `$1` is the start of the run.
pub(crate) fn enter(batch: &Batch, entity: &Entity) -> String {
    let natural_key = if entity.key.is_empty() {
        "null::text".to_owned()
    } else {
        let key = columns("staged", &entity.key);
        format!("nullif(concat_ws('/', {key}), '')")
    };
    format!(
        "with earlier as (
    {earlier}
),

held as (
    select rejection.row_id, rejection.rules, rejection.severity, rejection.caused_by
    from ops.rejections as rejection
    where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
    and rejection.verdict in ('quarantined', 'consequence', 'superseded')
    and not rejection.rules = array[{older}]::text[]
    and not exists (
        select 1 from ops.quarantine_trials as trial
        where trial.batch_id = {batch_id} and trial.dataset = {dataset}
        and trial.row_id = rejection.row_id and trial.is_replay
    )
),

refused as (
    select staged.row_id, staged.source_line, coalesce(file.path, {place}) as source_file,
        {natural_key} as natural_key,
        to_jsonb(staged) - {technical} as payload,
        held.rules, held.severity, held.caused_by
    from {table} as staged
    inner join held on held.row_id = staged.row_id
    left join ops.raw_files as file on file.file_id = staged.file_id
    where staged.batch_id = {batch_id}
    -- Looked up before the join, so that the many other rows are never put together whole.
    and (staged.row_id in (select held.row_id from held)) is true
),

-- Records that stage refused are numbered in their file: ours come after them.
numbered as (
    select coalesce(max(entry.record_number), 0) as last_number
    from ops.quarantine as entry
    where entry.batch_id = {batch_id} and entry.dataset = {dataset}
),

written as (
    insert into ops.quarantine (
        batch_id, source, dataset, source_file, source_line, record_number, natural_key, stage,
        rules, severity, caused_by, payload, first_seen_at, last_seen_at, attempts, previous_id
    )
    select {batch_id}, {source}, {dataset}, refused.source_file, refused.source_line,
        numbered.last_number + refused.row_id, refused.natural_key, 'quality',
        refused.rules, refused.severity, refused.caused_by, refused.payload,
        coalesce(earlier.first_seen_at, $1), $1, coalesce(earlier.attempts, 0) + 1,
        earlier.quarantine_id
    from refused
    cross join numbered
    left join earlier on earlier.identity
        = coalesce(refused.natural_key, refused.source_file || ':' || refused.source_line)
    order by refused.row_id
    returning 1
)

select count(*) from written",
        earlier = earlier_entries(batch, entity),
        source = literal(&batch.source),
        dataset = literal(&entity.name),
        batch_id = batch.batch_id,
        technical = text_array(TECHNICAL),
        table = staging(&entity.name),
        older = literal(&older_version(entity)),
        place = literal(&format!("staging.{}", entity.name)),
    )
}

/// The last entry of every row of the source's dataset, from earlier batches.
fn earlier_entries(batch: &Batch, entity: &Entity) -> String {
    format!(
        "select distinct on (entry.identity)
        entry.identity, entry.quarantine_id, entry.first_seen_at, entry.attempts
    from (
        select known.*,
            coalesce(known.natural_key, known.source_file || ':' || known.source_line) as identity
        from ops.quarantine as known
        where known.source = {source} and known.dataset = {dataset}
        and known.batch_id < {batch_id}
    ) as entry
    order by entry.identity, entry.quarantine_id desc",
        source = literal(&batch.source),
        dataset = literal(&entity.name),
        batch_id = batch.batch_id,
    )
}

/// Closes entries of the batch whose key has an accepted row in it that is newer, or as new and
/// further down: nothing waits for them.
pub(crate) fn close_outdone(batch: &Batch, entity: &Entity) -> String {
    let is_later = "accepted.row_id > held.held_row_id";
    let is_newer = if entity.has_column(VERSION_COLUMN) {
        let version = identifier(VERSION_COLUMN);
        format!(
            "(accepted.{version} > held.{version}
        or (accepted.{version} < held.{version}) is not true and {is_later})"
        )
    } else {
        is_later.to_owned()
    };
    format!(
        "with held as materialized (
    select row_held.*, entry.quarantine_id,
        entry.record_number - (
            select coalesce(max(of_stage.record_number), 0) from ops.quarantine as of_stage
            where of_stage.batch_id = {batch_id} and of_stage.dataset = {dataset}
            and of_stage.stage = 'stage'
        ) as held_row_id
    from ops.quarantine as entry
    cross join lateral jsonb_populate_record(null::{table}, entry.payload) as row_held
    where entry.batch_id = {batch_id} and entry.dataset = {dataset}
    and entry.stage = 'quality' and entry.severity in ('error', 'critical')
),

accepted as materialized (
    select staged.* from {table} as staged
    where staged.batch_id = {batch_id}
    and (({key}) in (select {held_key} from held)) is true
    and not exists (
        select 1 from ops.rejections as rejection
        where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
        and rejection.row_id = staged.row_id and rejection.verdict <> 'warned'
    )
),

closed as (
    update ops.quarantine as entry
    set status = 'superseded', resolved_by = 'batch {batch_id}'
    from held
    inner join accepted on {same}
    where entry.quarantine_id = held.quarantine_id and {is_newer}
    returning 1
)

select count(*) from closed",
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
        table = staging(&entity.name),
        key = columns("staged", &entity.key),
        held_key = columns("held", &entity.key),
        same = equal("accepted", &entity.key, "held", &entity.key),
    )
}
