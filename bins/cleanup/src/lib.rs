//! Removes what the retention rules no longer cover: logs, old reports, old records of runs.
//!
//! Goes in: `[cleanup]`, `ops.*`, log and report folders. Comes out: fewer of them.
//!
//! Architecture invariant: nothing goes that is open, waits to be loaded, or is the latest of its
//! kind; raw files themselves, production and warehouse are never touched. With `--dry-run` the
//! same statements and the same listing say what is due, and nothing is removed.

mod files;
mod settings;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use common::{
    OutputFormat, Program, Rows, Sql, StageContext, StageReport, Status, Step, Uses, db, sql,
};
use deadpool_postgres::Transaction;

use files::DueFile;
pub use settings::Settings;

/// How this program is started.
pub const PROGRAM: Program = Program {
    name: "cleanup",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:\n  cleanup --dry-run\n  cleanup\n",
    uses: Uses::Database,
};

// The program has no flags of its own.
#[expect(
    missing_docs,
    reason = "a comment would replace the program's own help"
)]
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Options {}

/// Records of one table, with their retention.
struct Records {
    relation: &'static str,
    sql: Sql,
    days: u32,
}

/// Removes what is due, records first: their transaction may fail, and then nothing is gone.
///
/// # Errors
/// Bad settings, a folder or file that refuses, or what the server says.
pub async fn run(ctx: &StageContext, _options: &Options) -> anyhow::Result<StageReport> {
    let settings: Settings = ctx.config.section("cleanup")?;
    let settings = settings.validated()?;
    let mut report = StageReport::new(ctx);
    let mut due = Due {
        report: &mut report,
        is_trial: ctx.dry_run,
        count: 0,
        list: String::new(),
    };
    clean_records(ctx, &settings, &mut due).await?;
    clean_files(ctx, &settings, &mut due)?;
    let (count, list) = (due.count, due.list);
    if ctx.dry_run && ctx.output == OutputFormat::Text {
        print(&list)?;
    }
    if count == 0 {
        report.status = Status::NothingToDo;
    }
    Ok(report)
}

/// In the order in which the tables refer to each other.
fn records(settings: &Settings) -> [Records; 6] {
    let keep = |relation, sql, days| Records {
        relation,
        sql,
        days,
    };
    [
        keep(
            "ops.check_results",
            sql!("cleanup/delete_check_results.sql"),
            settings.results_days,
        ),
        keep(
            "ops.rejections",
            sql!("cleanup/delete_rejections.sql"),
            settings.results_days,
        ),
        keep(
            "ops.quarantine",
            sql!("cleanup/delete_quarantine.sql"),
            settings.quarantine_days,
        ),
        keep(
            "ops.raw_files",
            sql!("cleanup/delete_raw_files.sql"),
            settings.raw_files_days,
        ),
        keep(
            "ops.stage_runs",
            sql!("cleanup/delete_stage_runs.sql"),
            settings.runs_days,
        ),
        keep(
            "ops.runs",
            sql!("cleanup/delete_runs.sql"),
            settings.runs_days,
        ),
    ]
}

async fn clean_records(
    ctx: &StageContext,
    settings: &Settings,
    due: &mut Due<'_>,
) -> anyhow::Result<()> {
    let mut client = ctx.client().await?;
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    for records in records(settings) {
        delete(&tx, ctx, &records, due).await?;
    }
    tx.commit().await.context("failed to commit")
}

async fn delete(
    tx: &Transaction<'_>,
    ctx: &StageContext,
    records: &Records,
    due: &mut Due<'_>,
) -> anyhow::Result<()> {
    let step = due
        .begin(&format!("rows of {}", records.relation))
        .relation(records.relation);
    let cutoff = cutoff(ctx, records.days);
    let row = db::row(tx, records.sql, &[&cutoff, &ctx.dry_run]).await?;
    let (count, bytes): (i64, i64) = (row.try_get("due_rows")?, row.try_get("due_bytes")?);
    let deleted: i64 = row.try_get("deleted_rows")?;
    let [count, bytes, deleted] = [count, bytes, deleted].map(|it| it.max(0).unsigned_abs());
    if count > 0 {
        due.note(&format!(
            "{count} rows of {} ({bytes} bytes)",
            records.relation
        ));
    }
    due.finish(step, count, deleted, bytes);
    Ok(())
}

fn clean_files(ctx: &StageContext, settings: &Settings, due: &mut Due<'_>) -> anyhow::Result<()> {
    let log_dir = &ctx.config.paths.log_dir;
    let step = due
        .begin("log files")
        .relation(log_dir.display().to_string());
    let logs = files::due_logs(log_dir, cutoff(ctx, settings.logs_days).naive_utc())?;
    remove(due, step, &logs)?;
    let history = ctx.config.paths.processed_dir().join("history");
    let step = due.begin("reports").relation(history.display().to_string());
    let reports = files::due_reports(&history, cutoff(ctx, settings.reports_days).naive_utc())?;
    remove(due, step, &reports)
}

fn remove(due: &mut Due<'_>, step: Step, files: &[DueFile]) -> anyhow::Result<()> {
    for file in files {
        let path: &Path = &file.path;
        due.note(&format!("{} ({} bytes)", path.display(), file.bytes));
        if !due.is_trial {
            files::remove(file)?;
        }
    }
    let count = files.len() as u64;
    let deleted = if due.is_trial { 0 } else { count };
    due.finish(
        step,
        count,
        deleted,
        files.iter().map(|file| file.bytes).sum(),
    );
    Ok(())
}

/// The start of what is kept, counted from the start of the run.
fn cutoff(ctx: &StageContext, days: u32) -> DateTime<Utc> {
    ctx.started_at - TimeDelta::days(i64::from(days))
}

/// What was found to be due, for the report and for people.
struct Due<'a> {
    report: &'a mut StageReport,
    is_trial: bool,
    count: u64,
    list: String,
}

impl Due<'_> {
    fn begin(&self, what: &str) -> Step {
        Step::begin(format!(
            "{} {what}",
            if self.is_trial {
                "would remove"
            } else {
                "remove"
            }
        ))
    }

    fn note(&mut self, what: &str) {
        tracing::info!(is_trial = self.is_trial, "due: {what}");
        // Writing into a string cannot fail.
        let _ = writeln!(self.list, "would remove {what}");
    }

    fn finish(&mut self, mut step: Step, count: u64, deleted: u64, bytes: u64) {
        self.count += count;
        if count > 0 {
            step.name = format!("{} ({bytes} bytes)", step.name);
        }
        self.report.finish(
            step,
            Rows {
                input: count,
                deleted,
                ..Rows::default()
            },
        );
    }
}

fn print(list: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let text = if list.is_empty() {
        "nothing is due\n"
    } else {
        list
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("failed to write to stdout")
}
