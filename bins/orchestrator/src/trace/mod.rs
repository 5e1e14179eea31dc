//! `orchestrator trace`: the way back of a row of the warehouse, to the line of the file that it
//! came from.
//!
//! Architecture invariants: nothing is written; of a row only keys, moments and origins are read,
//! never the values of a person. Tables and their ties are found in the catalog.

mod catalog;
mod missing;
mod place;
mod raw_line;
mod rows;
mod text;
mod way;

use std::path::PathBuf;

use common::config::nearest_hint;
use common::{Failure, Rows, StageContext, StageReport, Step, console, database};
use common::{OutputFormat, Sql, db, sql};
use deadpool_postgres::Object;
use serde_json::json;

use self::catalog::{Catalog, Table};
use self::raw_line::RawLine;
use self::rows::{Condition, Found};
use self::way::{Follower, Way};

const LIST_SOURCES: Sql = sql!("orchestrator/list_sources.sql");

/// Most rows that one call follows; more are a question for SQL.
const ROWS_MAX: usize = 20;

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[expect(
    missing_docs,
    reason = "the help texts of the fields are their documentation"
)]
pub struct TraceOptions {
    /// Fact or dimension, for example fact_sales
    #[arg(value_name = "TABLE")]
    pub table: String,

    /// Parts of its natural key without the source, or the first of them: fact_sales TXN00001 1
    #[arg(value_name = "KEY", required = true, allow_negative_numbers = true)]
    pub key: Vec<String>,

    /// The shop, where several have the key
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,

    /// Print the line of the raw file too; it may hold personal data
    #[arg(long)]
    pub show_line: bool,

    /// Folder of the source's raw files (default: data/raw/<SOURCE>)
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

/// Follows the rows of a key.
///
/// # Errors
/// Exit code 2 for a table, source or key that is not there.
pub(crate) async fn run(ctx: &StageContext, options: &TraceOptions) -> anyhow::Result<StageReport> {
    let client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let catalog = Catalog::read(&client).await?;
    let table = catalog.traceable(&options.table)?;
    let step = Step::begin("trace").relation(table.relation().replace('"', ""));
    let sources = sources(&client, table, options).await?;
    let found = find(&client, &catalog, table, sources.as_deref(), options).await?;
    let follower = Follower {
        client: &client,
        catalog: &catalog,
        table,
    };
    let is_more = found.len() > ROWS_MAX;
    let mut ways = Vec::new();
    for row in found.into_iter().take(ROWS_MAX) {
        ways.push(follower.follow(row).await?);
    }
    let lines: Vec<Vec<RawLine>> = ways.iter().map(|it| raw_lines(ctx, options, it)).collect();
    if ctx.output == OutputFormat::Text {
        for (way, lines) in ways.iter().zip(&lines) {
            console::print(&text::render(way, lines))?;
        }
    }
    if is_more {
        report.warn(format!(
            "only the first {ROWS_MAX} rows are shown; give more parts of the key"
        ));
        tracing::warn!("only the first {ROWS_MAX} rows are shown; give more parts of the key");
    }
    let rows = Rows {
        input: ways.len() as u64,
        ..Rows::default()
    };
    report.findings = Some(json!({ "rows": ways, "raw_lines": lines }));
    report.finish(step, rows);
    Ok(report)
}

/// The sources to look in; none where the table knows no source.
async fn sources(
    client: &Object,
    table: &Table,
    options: &TraceOptions,
) -> anyhow::Result<Option<Vec<String>>> {
    if !table.is_key("source") || table.asked().iter().any(|it| it.name == "source") {
        return Ok(None);
    }
    let rows = db::rows(client, LIST_SOURCES, &[]).await?;
    let known: Vec<String> = rows
        .iter()
        .map(|it| it.try_get("source"))
        .collect::<Result<_, _>>()?;
    let Some(source) = &options.source else {
        return Ok(Some(known));
    };
    if known.contains(source) {
        return Ok(Some(vec![source.clone()]));
    }
    let hint = nearest_hint(source, known.iter().map(String::as_str));
    Err(Failure::usage(format!(
        "--source: no shop `{source}` was ever loaded{hint}"
    ))
    .into())
}

async fn find(
    client: &Object,
    catalog: &Catalog,
    table: &Table,
    sources: Option<&[String]>,
    options: &TraceOptions,
) -> anyhow::Result<Vec<Found>> {
    let asked = table.asked();
    if options.key.len() > asked.len() {
        let parts: Vec<String> = asked.iter().map(|it| format!("<{}>", it.name)).collect();
        return Err(Failure::usage(format!(
            "the key of {} has fewer parts\n  hint: trace {} {}",
            table.name,
            table.name,
            parts.join(" ")
        ))
        .into());
    }
    let conditions: Vec<Condition> = asked
        .iter()
        .zip(&options.key)
        .map(|(column, value)| Condition {
            column: column.name.clone(),
            kind: column.kind.clone(),
            value: value.clone(),
        })
        .collect();
    let found = rows::find(client, table, sources, &conditions, ROWS_MAX + 1).await?;
    if found.is_empty() {
        return Err(missing::explain(client, catalog, table, sources, &conditions).await?);
    }
    let mut shops: Vec<String> = found
        .iter()
        .filter_map(|it| it.key.get("source").cloned().flatten())
        .collect();
    shops.dedup();
    if sources.is_some() && shops.len() > 1 {
        return Err(Failure::usage(format!(
            "several shops have this key\n  hint: add --source with one of {}",
            shops.join(", ")
        ))
        .into());
    }
    Ok(found)
}

/// The line in the raw file of the row itself, where that was asked for.
fn raw_lines(ctx: &StageContext, options: &TraceOptions, way: &Way) -> Vec<RawLine> {
    if !options.show_line {
        return Vec::new();
    }
    let mut shown: Vec<(i64, i64)> = Vec::new();
    std::iter::once(&way.row.place)
        .chain(way.origins.iter().map(|it| &it.place))
        .filter_map(|place| {
            let at = (place.file_id?, place.source_line?);
            if shown.contains(&at) {
                return None;
            }
            shown.push(at);
            let file = way.places.files.get(&at.0)?;
            let folder = options
                .data
                .clone()
                .unwrap_or_else(|| ctx.config.paths.raw_dir().join(&file.source));
            Some(RawLine::read(&folder, file, at.1))
        })
        .collect()
}
