//! Labels of planted faults beside the verdicts on their rows: what was caught, and what it cost.
//!
//! In go `faults.jsonl` and the newest batch of a source, out comes a table for people, and the same
//! as JSON for programs.
//!
//! How it counts. A label is *met* where its row got the expected verdict or a stricter one that
//! holds the row back: `reject` is met by a record that was refused while it was read; `quarantine`
//! also by a row that quality held back, as a fault, as a second copy, or with its order;
//! `warning` also by a warning; `gate` by a batch that was blocked. It was caught *otherwise* where
//! the row got a milder verdict, and *missed* where it got none. Recall is met of planted.
//! A row with a verdict and without a label is a *consequence* where it is held back with its order,
//! or where all rules that it breaks look beyond the row and one of the rows that they look at has a
//! label (an order whose line was refused, a line whose product was); else it is a *false alarm*.
//! A false alarm counts against the kind of fault that its rule found most often. Precision is
//! rows caught (met or otherwise) of these and the false alarms.
//!
//! Architecture invariant: it changes nothing. What it writes for the comparison is rolled back.

mod collect;
mod outcome;
mod read;
mod story;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::{
    Failure, OutputFormat, Rows, Sql, StageContext, StageReport, Step, console, database, db, sql,
};
use deadpool_postgres::{Object, Transaction};

use crate::contract::{Contracts, Overridden};
use crate::findings::Batch;
use outcome::{Comparison, Judged};

const EMPTY: Sql = sql!("quality/empty_fault_tables.sql");
const ANALYZE: Sql = sql!("quality/analyze_fault_tables.sql");
const FIND_BATCH: Sql = sql!("quality/find_compared_batch.sql");
const FIND_REFUSAL: Sql = sql!("quality/find_refusal.sql");
const COLLECT_REJECTED: Sql = sql!("quality/collect_rejected_records.sql");
const MATCH: Sql = sql!("quality/match_fault_labels.sql");
const PLACE: Sql = sql!("quality/place_fault_findings.sql");
const BLAME: Sql = sql!("quality/blame_false_alarms.sql");

/// What the batch is called where there is none: no row has this number.
const NO_BATCH: i64 = -1;

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct FaultsOptions {
    /// The labels that `generate --faults` wrote
    #[arg(value_name = "FILE")]
    pub labels: PathBuf,

    /// Source whose newest batch is compared (default: the folder that the labels lie in)
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
}

/// Compares labels with verdicts and tells the story.
///
/// # Errors
/// Exit code 2 where the labels cannot be read, or no verdict on the source's newest batch is
/// there any more.
pub(crate) async fn run(
    ctx: &StageContext,
    options: &FaultsOptions,
) -> anyhow::Result<StageReport> {
    let source = source_of(options)?;
    let mut client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let config_dir = &ctx.config.paths.config_dir;
    let rules = Contracts::read(&config_dir.join("contracts"))?.for_source(config_dir, &source)?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("compare").relation(options.labels.to_string_lossy());
    let (comparison, labels) = compare(&mut client, &options.labels, &source, &rules).await?;
    if ctx.output == OutputFormat::Text {
        console::print(&story::text(&comparison))?;
    }
    report.findings =
        Some(serde_json::to_value(&comparison).context("failed to print the comparison")?);
    let rows = Rows {
        input: labels,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

/// `data/raw/synthetic/faults.jsonl` is of `synthetic`.
fn source_of(options: &FaultsOptions) -> anyhow::Result<String> {
    if let Some(source) = &options.source {
        return Ok(source.clone());
    }
    folder_of(&options.labels).ok_or_else(|| {
        let shown = options.labels.display();
        Failure::usage(format!(
            "`{shown}` does not say which source it is of\n  hint: name it with --source"
        ))
        .into()
    })
}

/// The name of the folder that labels lie in.
fn folder_of(labels: &Path) -> Option<String> {
    let path = std::path::absolute(labels).unwrap_or_else(|_| labels.to_owned());
    let folder = path.parent().and_then(Path::file_name);
    folder.map(|name| name.to_string_lossy().into_owned())
}

async fn compare(
    client: &mut Object,
    labels: &Path,
    source: &str,
    rules: &Overridden,
) -> anyhow::Result<(Comparison, u64)> {
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    db::execute(&tx, EMPTY, &[]).await?;
    let label_count = read::copy_labels(&tx, labels).await?;
    let refusal = find_refusal(&tx, labels, source).await?;
    // What was refused is newer than any batch, and so are the labels.
    let judged = match refusal {
        Some(_) => None,
        None => find_batch(&tx, source).await?,
    };
    let batch = Batch {
        batch_id: judged.as_ref().map_or(NO_BATCH, |it| it.batch_id),
        source: source.to_owned(),
        is_replay: false,
    };
    let is_blocked = judged.as_ref().is_some_and(Judged::is_blocked);
    db::count(&tx, COLLECT_REJECTED, &[&batch.batch_id]).await?;
    for entity in &rules.contracts.entities {
        let failed = || format!("failed to collect the verdicts on {}", entity.name);
        tx.execute(&collect::findings(&batch, entity), &[])
            .await
            .with_context(failed)?;
    }
    db::execute(&tx, ANALYZE, &[]).await?;
    db::count(&tx, MATCH, &[&batch.batch_id, &is_blocked]).await?;
    db::count(&tx, PLACE, &[]).await?;
    db::count(&tx, BLAME, &[]).await?;
    let comparison = Comparison::read(&tx, source, judged, refusal).await?;
    tx.rollback().await.context("failed to roll back")?;
    Ok((comparison, label_count))
}

/// Why one of the labelled files was refused, as the program said that refused it.
async fn find_refusal(
    tx: &Transaction<'_>,
    labels: &Path,
    source: &str,
) -> anyhow::Result<Option<String>> {
    // Files lie in the source's own folder, or beside their labels in any other.
    let mut folders = vec![source.to_owned()];
    folders.extend(folder_of(labels));
    let rows = db::rows(tx, FIND_REFUSAL, &[&source, &folders]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

async fn find_batch(tx: &Transaction<'_>, source: &str) -> anyhow::Result<Option<Judged>> {
    let rows = db::rows(tx, FIND_BATCH, &[&source]).await?;
    let Some(row) = rows.first() else {
        let message =
            format!("source `{source}` has no batch to compare with\n  hint: load it first");
        return Err(Failure::usage(message).into());
    };
    let judged = Judged::from_row(row)?;
    let batch_id = judged.batch_id;
    if !judged.is_staged && !judged.is_blocked() {
        let message = format!(
            "the rows of batch {batch_id} of `{source}` are in staging no more\n  hint: load it \
             again: `stage --source {source} --full-refresh`, then `quality`"
        );
        return Err(Failure::usage(message).into());
    }
    if judged.state == "staged" {
        let message = format!(
            "batch {batch_id} of `{source}` is not judged yet\n  hint: run `quality` first"
        );
        return Err(Failure::usage(message).into());
    }
    Ok(Some(judged))
}
