//! `quality quarantine show`: all that is known of an entry, and its row for a steward's eyes.

use common::{
    Failure, OutputFormat, Rows, Sql, StageContext, StageReport, Step, console, database, db, sql,
};
use deadpool_postgres::Object;
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::ShowOptions;
use super::entry::{self, Entry};
use crate::page::text::short;

const FIND_ENTRY_ROWS: Sql = sql!("quality/find_entry_rows.sql");
const INSERT_AUDIT: Sql = sql!("quality/insert_audit.sql");

/// What the audit log calls it.
const READ_ROWS: &str = "read_quarantined_rows";

/// The row of an entry.
struct Held {
    quarantine_id: i64,
    /// As it was typed, where quality refused it.
    payload: Option<Value>,
    /// As it stood in the file, where stage refused it.
    raw: Option<String>,
}

pub(super) async fn run(ctx: &StageContext, options: &ShowOptions) -> anyhow::Result<StageReport> {
    let client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("show").relation("ops.quarantine");
    let entries = entry::find(&client, &options.entries).await?;
    let held = if options.payload {
        read_rows(ctx, &client, &options.entries).await?
    } else {
        Vec::new()
    };
    if ctx.output == OutputFormat::Text {
        let texts: Vec<String> = entries.iter().map(|entry| text(entry, &held)).collect();
        console::print(&texts.join("\n\n"))?;
    }
    report.findings = Some(json!({
        "entries": entries,
        "rows": held.iter().map(|it| json!({
            "quarantine_id": it.quarantine_id, "payload": it.payload, "raw": it.raw,
        })).collect::<Vec<Value>>(),
    }));
    let rows = Rows {
        input: entries.len() as u64,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

/// The rows themselves; who looked at which is written down first.
async fn read_rows(
    ctx: &StageContext,
    client: &Object,
    entries: &[i64],
) -> anyhow::Result<Vec<Held>> {
    let numbers: Vec<String> = entries.iter().map(i64::to_string).collect();
    let subject = format!("entries {}", numbers.join(", "));
    let reason: Option<String> = None;
    let parameters: db::Parameters<'_> =
        &[&ctx.run_id, &ctx.started_at, &READ_ROWS, &subject, &reason];
    db::execute(client, INSERT_AUDIT, parameters).await?;
    let rows = db::rows(client, FIND_ENTRY_ROWS, &[&entries])
        .await
        .map_err(explain)?;
    rows.iter()
        .map(|row| {
            let raw: Option<Vec<u8>> = row.try_get("raw")?;
            Ok(Held {
                quarantine_id: row.try_get("quarantine_id")?,
                payload: row.try_get("payload")?,
                raw: raw.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            })
        })
        .collect()
}

/// Who may not read rows is told who may.
fn explain(error: anyhow::Error) -> anyhow::Error {
    let is_denied = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<tokio_postgres::Error>())
        .any(|cause| cause.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    if is_denied {
        let message = "rows in quarantine are for stewards\n  hint: `grant bullion_steward to \
                       <user>`, or leave --payload out";
        return error.context(Failure::permanent(message));
    }
    error
}

fn text(entry: &Entry, held: &[Held]) -> String {
    let key = short(entry.natural_key.as_deref().unwrap_or("(no key)"));
    let mut lines = vec![format!(
        "entry {}: {} {key} of {}",
        entry.quarantine_id, entry.dataset, entry.source
    )];
    let mut line = |name: &str, value: &str| lines.push(format!("  {name:<11}{value}"));
    line("state", &state(entry));
    line(
        "refused by",
        &format!(
            "{} in batch {}, severity {}",
            entry.stage, entry.batch_id, entry.severity
        ),
    );
    if !entry.rules.is_empty() {
        line("rules", &entry.rules.join(", "));
    }
    if let Some(cause) = &entry.caused_by {
        line("held with", &short(cause));
    }
    line("place", &short(&entry.place()));
    line(
        "seen",
        &format!(
            "first {}, last {}; tries: {}",
            entry.first_seen_at.format("%Y-%m-%d %H:%M UTC"),
            entry.last_seen_at.format("%Y-%m-%d %H:%M UTC"),
            entry.attempts
        ),
    );
    if let Some(previous) = entry.previous_id {
        line("before", &format!("entry {previous}"));
    }
    for it in held
        .iter()
        .filter(|it| it.quarantine_id == entry.quarantine_id)
    {
        if let Some(payload) = &it.payload {
            line("row", &payload.to_string());
        }
        if let Some(raw) = &it.raw {
            line("record", raw.trim_end());
        }
    }
    lines.join("\n")
}

fn state(entry: &Entry) -> String {
    match (&entry.resolved_by, entry.batch_state.as_str()) {
        (Some(by), _) => format!("{} by {by}", entry.status),
        (None, "published") => entry.status.clone(),
        (None, state) => format!("{}; its batch is {state}", entry.status),
    }
}
