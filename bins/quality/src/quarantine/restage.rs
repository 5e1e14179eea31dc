//! Rows of quarantine back into staging, as compiled statements.
//!
//! Invariant: a row comes back only where nothing newer of its key is known: neither in this batch
//! nor in production. What became of it is noted in `ops.quarantine_trials` and takes effect when
//! the batch is published.

use crate::check::{Check, Entity, Reference, Rule, Severity};
use crate::findings::{Batch, ORDER, ORDER_DATASETS, ORDER_KEY, production, staging};
use crate::sql_text::{equal, identifier, literal};

/// Why a row is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reason<'a> {
    /// What it waited for may be there: its order is touched, or its parent arrived.
    Due,
    /// A person asked for these entries.
    Asked(&'a [i64]),
}

/// Stages the entries of one entity again; none where there is nothing that it could wait for, or
/// no key to tell rows by.
/// `$1` is the start of the run. Returns how many rows there are.
pub(crate) fn stage_again(batch: &Batch, entity: &Entity, reason: Reason<'_>) -> Option<String> {
    if entity.key.is_empty() {
        return None;
    }
    let wanted = match reason {
        Reason::Due => due(batch, entity)?,
        Reason::Asked(ids) => {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!("entry.quarantine_id in ({})", ids.join(", "))
        }
    };
    let table = staging(&entity.name);
    Some(format!(
        "with waiting as (
    {waiting}
),

fit as (
    select waiting.quarantine_id, waiting.payload, waiting.source_line, waiting.file_id
    from waiting
    cross join lateral jsonb_populate_record(null::{table}, waiting.payload) as held
    where {wanted}
    and {is_newest}
),

numbered as (
    select fit.*,
        row_number() over (order by fit.quarantine_id)
        + (
            select coalesce(max(staged.row_id), 0) from {table} as staged
            where staged.batch_id = {batch_id}
        ) as row_id
    from fit
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
        waiting = waiting(batch, entity),
        wanted = wanted.replace("entry.", "waiting."),
        is_newest = is_newest(batch, entity),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
    ))
}

/// Open entries of published batches, the newest of each key. A second copy has nothing to wait for.
fn waiting(batch: &Batch, entity: &Entity) -> String {
    format!(
        "select distinct on (coalesce(entry.natural_key, entry.quarantine_id::text))
        entry.quarantine_id, entry.batch_id, entry.rules, entry.payload, entry.source_line,
        (
            select max(file.file_id) from ops.raw_files as file
            where file.source = entry.source and file.path = entry.source_file
            and file.batch_id <= entry.batch_id
        ) as file_id
    from ops.quarantine as entry
    inner join ops.batches as brought on brought.batch_id = entry.batch_id
    where entry.source = {source} and entry.dataset = {dataset}
    and entry.batch_id < {batch_id}
    and entry.status = 'open' and entry.stage = 'quality'
    and entry.severity in ('error', 'critical')
    and brought.state = 'published'
    order by coalesce(entry.natural_key, entry.quarantine_id::text), entry.quarantine_id desc",
        source = literal(&batch.source),
        dataset = literal(&entity.name),
        batch_id = batch.batch_id,
    )
}

/// Nothing of the key is in this batch, and nothing as new in production.
fn is_newest(batch: &Batch, entity: &Entity) -> String {
    format!(
        "not exists (
        select 1 from {table} as staged
        where staged.batch_id = {batch_id} and {in_batch}
    )
    and not exists (
        select 1 from {published} as published
        where published.source = {source} and {in_production}
        and published.batch_id >= waiting.batch_id and not published.is_inferred
    )",
        table = staging(&entity.name),
        published = production(&entity.name),
        batch_id = batch.batch_id,
        source = literal(&batch.source),
        in_batch = equal("staged", &entity.key, "held", &entity.key),
        in_production = equal("published", &entity.key, "held", &entity.key),
    )
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
    let matches = equal(
        "target",
        &reference.target_columns,
        "held",
        &reference.columns,
    );
    format!(
        "({id} = any(entry.rules) and (
            exists (
                select 1 from {staged} as target where target.batch_id = {batch_id} and {matches}
            )
            or exists (
                select 1 from {published} as target
                where target.source = {source} and not target.is_deleted and {matches}
            )
        ))",
        id = literal(&check.id),
        staged = staging(&reference.target),
        published = production(&reference.target),
        batch_id = batch.batch_id,
        source = literal(&batch.source),
    )
}

/// An order is judged whole: where one part of it comes, the parts that wait come with it. But a
/// header that comes with parts of a kind says that there are no others of that kind.
fn order_touched(batch: &Batch, entity: &Entity) -> String {
    let key = identifier(ORDER_KEY);
    let brings = |dataset: &str| {
        format!(
            "exists (
                select 1 from {} as part where part.batch_id = {} and part.{key} = held.{key}
            )",
            staging(dataset),
            batch.batch_id,
        )
    };
    let any: Vec<String> = ORDER_DATASETS.into_iter().map(brings).collect();
    let is_restated = format!("{} and {}", brings(ORDER), brings(&entity.name));
    format!(
        "(({}) and not ({is_restated}))",
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

/// Notes which open entries of earlier batches this batch brings the key of, in rows of its own.
pub(crate) fn note_same_keys(batch: &Batch, entity: &Entity) -> String {
    format!(
        "with noted as (
    insert into ops.quarantine_trials (batch_id, dataset, row_id, quarantine_id, is_replay)
    select {batch_id}, {dataset}, staged.row_id, entry.quarantine_id, false
    from ops.quarantine as entry
    cross join lateral jsonb_populate_record(null::{table}, entry.payload) as held
    inner join {table} as staged on staged.batch_id = {batch_id} and {same}
    where entry.source = {source} and entry.dataset = {dataset}
    and entry.batch_id < {batch_id}
    and entry.status = 'open' and entry.stage = 'quality'
    on conflict do nothing
    returning 1
)

select count(*) from noted",
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
        source = literal(&batch.source),
        same = equal("staged", &entity.key, "held", &entity.key),
    )
}
