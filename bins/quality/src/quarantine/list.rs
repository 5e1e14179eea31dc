//! `quality quarantine list`: how much waits and why, and the newest entries one by one.

use chrono::{DateTime, Utc};
use comfy_table::{CellAlignment, Table, presets};
use common::{
    OutputFormat, Rows, Sql, StageContext, StageReport, Step, console, database, db, sql,
};
use serde::Serialize;
use tokio_postgres::Row;

use super::ListOptions;
use super::entry::place;
use crate::judge::unsigned;
use crate::page::text::short;

const SUMMARIZE: Sql = sql!("quality/summarize_entries.sql");
const LIST: Sql = sql!("quality/list_entries.sql");

/// What stands in place of a rule for rows that broke none themselves.
const CONSEQUENCE: &str = "(held back with another row)";

#[derive(Debug, Serialize)]
struct Group {
    source: String,
    dataset: String,
    is_consequence: bool,
    rule: Option<String>,
    entries: u64,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct Listed {
    quarantine_id: i64,
    batch_id: i64,
    source: String,
    dataset: String,
    natural_key: Option<String>,
    place: String,
    rules: Vec<String>,
    caused_by: Option<String>,
    attempts: i32,
    status: String,
    first_seen_at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct Listing {
    groups: Vec<Group>,
    entries: Vec<Listed>,
}

pub(super) async fn run(ctx: &StageContext, options: &ListOptions) -> anyhow::Result<StageReport> {
    let client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("list").relation("ops.quarantine");
    let (filter, status) = (&options.filter, options.status.name());
    let sources = filter.sources(&client).await?;
    let limit = i64::from(options.limit);
    let groups = db::rows(
        &client,
        SUMMARIZE,
        &[&sources, &filter.dataset, &filter.rule, &status],
    )
    .await?;
    let entries = db::rows(
        &client,
        LIST,
        &[&sources, &filter.dataset, &filter.rule, &status, &limit],
    )
    .await?;
    let listing = Listing {
        groups: groups.iter().map(group).collect::<anyhow::Result<_>>()?,
        entries: entries.iter().map(listed).collect::<anyhow::Result<_>>()?,
    };
    if ctx.output == OutputFormat::Text {
        console::print(&text(&listing))?;
    }
    report.findings = Some(serde_json::to_value(&listing)?);
    let rows = Rows {
        input: listing.entries.len() as u64,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

fn group(row: &Row) -> anyhow::Result<Group> {
    Ok(Group {
        source: row.try_get("source")?,
        dataset: row.try_get("dataset")?,
        is_consequence: row.try_get("is_consequence")?,
        rule: row.try_get("rule")?,
        entries: unsigned(row.try_get("entries")?)?,
        first_seen_at: row.try_get("first_seen_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
    })
}

fn listed(row: &Row) -> anyhow::Result<Listed> {
    let file: String = row.try_get("source_file")?;
    Ok(Listed {
        quarantine_id: row.try_get("quarantine_id")?,
        batch_id: row.try_get("batch_id")?,
        source: row.try_get("source")?,
        dataset: row.try_get("dataset")?,
        natural_key: row.try_get("natural_key")?,
        place: place(&file, row.try_get("source_line")?),
        rules: row.try_get("rules")?,
        caused_by: row.try_get("caused_by")?,
        attempts: row.try_get("attempts")?,
        status: row.try_get("status")?,
        first_seen_at: row.try_get("first_seen_at")?,
    })
}

fn text(listing: &Listing) -> String {
    if listing.groups.is_empty() {
        return "no entry of quarantine is as asked for".to_owned();
    }
    let mut groups = Table::new();
    groups.load_style(presets::UTF8_HORIZONTAL_ONLY);
    groups.set_header(["source", "dataset", "rule", "entries", "first seen"]);
    for it in &listing.groups {
        let rule = match (&it.rule, it.is_consequence) {
            (Some(rule), _) => rule.as_str(),
            (None, true) => CONSEQUENCE,
            (None, false) => "-",
        };
        groups.add_row([
            it.source.as_str(),
            &it.dataset,
            rule,
            &console::grouped(it.entries),
            &day(it.first_seen_at),
        ]);
    }
    if let Some(column) = groups.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut entries = Table::new();
    entries.load_style(presets::UTF8_HORIZONTAL_ONLY);
    entries.set_header(["entry", "row", "file:line", "why", "tries", "status"]);
    for it in &listing.entries {
        let key = short(it.natural_key.as_deref().unwrap_or("(no key)"));
        let why = match &it.caused_by {
            Some(cause) => format!("with {}", short(cause)),
            None => it.rules.join("\n"),
        };
        entries.add_row([
            it.quarantine_id.to_string(),
            format!("{} {key}", it.dataset),
            short(&it.place),
            why,
            it.attempts.to_string(),
            it.status.clone(),
        ]);
    }
    format!("{groups}\n\nthe newest of them:\n{entries}")
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}
