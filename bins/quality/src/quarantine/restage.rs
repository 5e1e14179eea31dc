//! Rows of quarantine back into staging, as compiled statements.
//!
//! Invariant: a row comes back only where nothing newer of its key is known: neither in this batch
//! nor in production. What became of it is noted in `ops.quarantine_trials` and takes effect when
//! the batch is published.

use crate::check::{Check, Entity, Reference, Rule, Severity};
use crate::findings::{
    Batch, ORDER, ORDER_DATASETS, ORDER_KEY, VERSION_COLUMN, production, staging,
};
use crate::sql_text::{columns, equal, identifier, literal};

/// Why a row is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// What it waited for may be there: its order is touched, or its parent arrived.
    Due,
    /// A person asked for the entries in the statement's `$2`.
    Asked,
}

/// Stages the entries of one entity again; none where there is nothing that it could wait for, or
/// no key to tell rows by. `$1` is the start of the run. Returns how many rows there are.
///
/// Sets of keys are looked up by hash: nobody knows beforehand how many entries wait.
pub(crate) fn stage_again(batch: &Batch, entity: &Entity, reason: Reason) -> Option<String> {
    if entity.key.is_empty() {
        return None;
    }
    let wanted = match reason {
        Reason::Due => due(batch, entity)?,
        Reason::Asked => "held.quarantine_id = any($2::bigint[])".to_owned(),
    };
    let table = staging(&entity.name);
    Some(format!(
        "with held as materialized (
    {held}
),

numbered as (
    select held.quarantine_id, held.payload, held.entry_line as source_line,
        held.entry_file_id as file_id,
        row_number() over (order by held.quarantine_id)
        + (
            select coalesce(max(staged.row_id), 0) from {table} as staged
            where staged.batch_id = {batch_id}
        ) as row_id
    from held
    where {wanted}
    and {is_newest}
),

staged_again as (
    insert into {table}
    select again.*
    from numbered
    cross join lateral jsonb_populate_record(
        null::{table},
        numbered.payload || jsonb_build_object(
            'batch_id', {batch_id}, 'row_id', numbered.row_id, 'file_id', numbered.file_id,
            'source_line', numbered.source_line, 'loaded_at', $1::timestamptz
        )
    ) as again
),

tried as (
    insert into ops.quarantine_trials (batch_id, dataset, row_id, quarantine_id, is_replay)
    select {batch_id}, {dataset}, numbered.row_id, numbered.quarantine_id, true
    from numbered
),

booked as (
    insert into ops.ledger as entry (
        batch_id, layer, dataset, rows_read, rows_rejected, rows_staged, rows_replayed
    )
    select {batch_id}, 'staging', {dataset}, 0, 0, counted.row_count, counted.row_count
    from (select count(*) as row_count from numbered) as counted
    where counted.row_count > 0
    on conflict (batch_id, layer, dataset) do update set
        rows_staged = coalesce(entry.rows_staged, 0) + excluded.rows_staged,
        rows_replayed = entry.rows_replayed + excluded.rows_replayed
)

select count(*) from numbered",
        held = held(batch, entity),
        is_newest = is_newest(batch, entity),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
    ))
}

/// Open entries of published batches with their columns, the newest version of each key. A second
/// copy has nothing to wait for.
fn held(batch: &Batch, entity: &Entity) -> String {
    let version = if entity.has_column(VERSION_COLUMN) {
        format!("row_held.{} desc nulls last, ", identifier(VERSION_COLUMN))
    } else {
        String::new()
    };
    format!(
        "select distinct on ({key})
        row_held.*, entry.quarantine_id, entry.batch_id as entry_batch_id, entry.rules,
        entry.payload, entry.source_line as entry_line,
        (
            select max(file.file_id) from ops.raw_files as file
            where file.source = entry.source and file.path = entry.source_file
            and file.batch_id <= entry.batch_id
        ) as entry_file_id
    from ops.quarantine as entry
    inner join ops.batches as brought on brought.batch_id = entry.batch_id
    cross join lateral jsonb_populate_record(null::{table}, entry.payload) as row_held
    where entry.source = {source} and entry.dataset = {dataset}
    and entry.batch_id < {batch_id}
    and entry.status = 'open' and entry.stage = 'quality'
    and entry.severity in ('error', 'critical')
    and brought.state = 'published'
    order by {key}, {version}entry.quarantine_id desc",
        key = columns("row_held", &entity.key),
        table = staging(&entity.name),
        source = literal(&batch.source),
        dataset = literal(&entity.name),
        batch_id = batch.batch_id,
    )
}

/// Nothing of the key is in this batch, and nothing newer in production: a later version, or, where
/// versions tell nothing, what a later batch changed.
fn is_newest(batch: &Batch, entity: &Entity) -> String {
    let is_newer = if entity.has_column(VERSION_COLUMN) {
        let version = identifier(VERSION_COLUMN);
        format!(
            "(published.{version} > held.{version}
        or (published.{version} < held.{version}) is not true
        and published.batch_id >= held.entry_batch_id)"
        )
    } else {
        "published.batch_id >= held.entry_batch_id".to_owned()
    };
    format!(
        "({in_batch}) is not true
    and not exists (
        select 1 from {published} as published
        where published.source = {source} and {in_production}
        and not published.is_inferred and {is_newer}
    )",
        published = production(&entity.name),
        source = literal(&batch.source),
        in_batch = is_staged(batch, &entity.name, &entity.key, &entity.key),
        in_production = equal("published", &entity.key, "held", &entity.key),
    )
}

/// Whether values of the held row are among those of a staged table.
fn is_staged(batch: &Batch, dataset: &str, theirs: &[String], own: &[String]) -> String {
    is_among(batch, dataset, theirs, own, "")
}

fn is_among(
    batch: &Batch,
    dataset: &str,
    theirs: &[String],
    own: &[String],
    further: &str,
) -> String {
    format!(
        "({own}) in (
            select {theirs} from {table} as staged where staged.batch_id = {batch_id}{further}
        )",
        own = columns("held", own),
        theirs = columns("staged", theirs),
        table = staging(dataset),
        batch_id = batch.batch_id,
    )
}

/// Whether the files of the batch bring a part of the held row's order; what came from quarantine a
/// moment ago says nothing.
fn is_brought(batch: &Batch, dataset: &str, key: &[String]) -> String {
    let further = format!(
        "
            and staged.row_id not in (
                select trial.row_id from ops.quarantine_trials as trial
                where trial.batch_id = {} and trial.dataset = {} and trial.is_replay
            )",
        batch.batch_id,
        literal(dataset),
    );
    is_among(batch, dataset, key, key, &further)
}

/// What a row may have waited for and this batch may have brought.
fn due(batch: &Batch, entity: &Entity) -> Option<String> {
    let mut reasons: Vec<String> = entity
        .checks
        .iter()
        .filter(|check| check.is_enabled && check.severity >= Severity::Error)
        .filter_map(|check| match &check.rule {
            Rule::Reference(reference) => Some(parent_arrived(batch, check, reference)),
            _ => None,
        })
        .collect();
    if ORDER_DATASETS.contains(&entity.name.as_str()) {
        reasons.push(order_touched(batch, entity));
    }
    (!reasons.is_empty()).then(|| format!("({})", reasons.join("\n        or ")))
}

fn parent_arrived(batch: &Batch, check: &Check, reference: &Reference) -> String {
    let (theirs, own) = (&reference.target_columns, &reference.columns);
    format!(
        "({id} = any(held.rules) and (
            {in_batch}
            or exists (
                select 1 from {published} as target
                where target.source = {source} and not target.is_deleted and {matches}
            )
        ))",
        id = literal(&check.id),
        in_batch = is_staged(batch, &reference.target, theirs, own),
        published = production(&reference.target),
        source = literal(&batch.source),
        matches = equal("target", theirs, "held", own),
    )
}

/// An order is judged whole: where one part of it comes, the parts that wait come with it. But a
/// header that comes with parts of a kind says that there are no others of that kind.
fn order_touched(batch: &Batch, entity: &Entity) -> String {
    let key = [ORDER_KEY.to_owned()];
    let is_touched = |dataset: &str| is_staged(batch, dataset, &key, &key);
    let any: Vec<String> = ORDER_DATASETS.into_iter().map(is_touched).collect();
    let brings = |dataset: &str| is_brought(batch, dataset, &key);
    let is_restated = format!("{} and {}", brings(ORDER), brings(&entity.name));
    format!(
        "(({}) and ({is_restated}) is not true)",
        any.join("\n            or ")
    )
}

/// Takes back what an earlier judgement of the batch staged from quarantine.
pub(crate) fn withdraw(batch: &Batch, entity: &Entity) -> String {
    unstage(batch, entity, "")
}

/// Takes rows out of staging that were tried again and failed again: the batch shall not be judged
/// by them. Their entries stay open and learn why. `$1` is the start of the run.
pub(crate) fn drop_refused(batch: &Batch, entity: &Entity) -> String {
    let refused = "
    inner join ops.rejections as rejection
        on rejection.batch_id = trial.batch_id and rejection.dataset = trial.dataset
        and rejection.row_id = trial.row_id and rejection.verdict <> 'warned'";
    format!(
        "with refused as (
    select trial.quarantine_id, rejection.rules, rejection.severity, rejection.caused_by
    from ops.quarantine_trials as trial{refused}
    where trial.batch_id = {batch_id} and trial.dataset = {dataset} and trial.is_replay
),

noted as (
    update ops.quarantine as entry
    set rules = refused.rules, severity = refused.severity, caused_by = refused.caused_by,
        attempts = entry.attempts + 1, last_seen_at = $1
    from refused
    where entry.quarantine_id = refused.quarantine_id
),

{unstage}",
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
        unstage = unstage(batch, entity, refused).trim_start_matches("with "),
    )
}

/// Removes replayed rows of the batch from staging, trials and ledger.
fn unstage(batch: &Batch, entity: &Entity, joined: &str) -> String {
    format!(
        "with gone as (
    select trial.row_id
    from ops.quarantine_trials as trial{joined}
    where trial.batch_id = {batch_id} and trial.dataset = {dataset} and trial.is_replay
),

unstaged as (
    delete from {table} as staged
    using gone
    where staged.batch_id = {batch_id} and staged.row_id = gone.row_id
),

untried as (
    delete from ops.quarantine_trials as trial
    using gone
    where trial.batch_id = {batch_id} and trial.dataset = {dataset}
    and trial.row_id = gone.row_id and trial.is_replay
),

counted as (
    select count(*) as row_count from gone
),

booked as (
    update ops.ledger as entry
    set rows_staged = entry.rows_staged - counted.row_count,
        rows_replayed = entry.rows_replayed - counted.row_count
    from counted
    where entry.batch_id = {batch_id} and entry.layer = 'staging' and entry.dataset = {dataset}
)

select counted.row_count from counted",
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
    )
}

/// Notes which open entries of earlier batches this batch brings the key of, in rows of its own that
/// are no older.
pub(crate) fn note_same_keys(batch: &Batch, entity: &Entity) -> String {
    let is_as_new = if entity.has_column(VERSION_COLUMN) {
        let version = identifier(VERSION_COLUMN);
        format!("(staged.{version} < held.{version}) is not true")
    } else {
        "true".to_owned()
    };
    format!(
        "with held as materialized (
    select row_held.*, entry.quarantine_id
    from ops.quarantine as entry
    cross join lateral jsonb_populate_record(null::{table}, entry.payload) as row_held
    where entry.source = {source} and entry.dataset = {dataset}
    and entry.batch_id < {batch_id}
    and entry.status = 'open' and entry.stage = 'quality'
),

again as materialized (
    select staged.* from {table} as staged
    where staged.batch_id = {batch_id}
    and (({key}) in (select {held_key} from held)) is true
),

noted as (
    insert into ops.quarantine_trials (batch_id, dataset, row_id, quarantine_id, is_replay)
    select {batch_id}, {dataset}, staged.row_id, held.quarantine_id, false
    from held
    inner join again as staged on {same}
    where {is_as_new}
    on conflict do nothing
    returning 1
)

select count(*) from noted",
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
        source = literal(&batch.source),
        key = columns("staged", &entity.key),
        held_key = columns("held", &entity.key),
        same = equal("staged", &entity.key, "held", &entity.key),
    )
}
