//! What a person sees at the end of a run.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use common::{OutputFormat, Sql, StageContext, StageReport, Status, db, errors};
use tokio_postgres::Row;

use crate::execution::StageRun;
use crate::report::{run_status, step_status};

const SUMMARIZE: Sql = common::sql!("orchestrator/summarize_sources.sql");

/// Prints a line to stdout, unless the result there is JSON.
pub(crate) fn say(ctx: &StageContext, text: &str) -> anyhow::Result<()> {
    if ctx.output == OutputFormat::Json {
        return Ok(());
    }
    match writeln!(std::io::stdout(), "{text}") {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("failed to write to stdout"),
    }
}

/// The table of the run, what the warehouse holds now, and where to look next.
pub(crate) async fn print_run(
    ctx: &StageContext,
    runs: &[StageRun],
    exit_code: u8,
    report_path: &Path,
) -> anyhow::Result<()> {
    say(ctx, &format!("\n{}", stage_table(runs)))?;
    if exit_code == 0 || exit_code == errors::EXIT_PARTIAL {
        let client = ctx.client().await?;
        let sources = db::rows(&client, SUMMARIZE, &[]).await?;
        say(ctx, &format!("\n{}", source_table(&sources)))?;
        let exports = ctx.config.paths.processed_dir().join("analytics");
        say(ctx, &format!("\nexports       {}", exports.display()))?;
    }
    if let Some(score) = runs
        .iter()
        .find_map(|it| it.report()?.quality?.quality_score)
    {
        say(ctx, &format!("data quality  {score:.2} of 100"))?;
    }
    say(ctx, &format!("report        {}", report_path.display()))?;
    say(
        ctx,
        &format!(
            "result        {} (exit code {exit_code})",
            run_status(exit_code)
        ),
    )
}

fn stage_table(runs: &[StageRun]) -> Table {
    let header = [
        "program",
        "result",
        "rows in",
        "written",
        "unchanged",
        "held back",
        "time",
        "memory",
    ];
    let mut table = new_table(&header, 2);
    for run in runs {
        let rows = run.report().map(StageReport::rows).unwrap_or_default();
        let duration_ms: i64 = run
            .attempts
            .iter()
            .map(|it| (it.ended_at - it.started_at).num_milliseconds())
            .sum();
        let memory = run.report().and_then(|it| it.peak_memory_bytes);
        let is_idle = run
            .report()
            .is_some_and(|it| it.status == Status::NothingToDo);
        let status = if is_idle {
            "nothing to do"
        } else {
            step_status(run.end())
        };
        table.add_row([
            run.name.to_owned(),
            status.to_owned(),
            grouped(rows.input),
            grouped(rows.written()),
            grouped(rows.unchanged),
            grouped(rows.quarantined),
            format!("{}.{} s", duration_ms / 1_000, duration_ms % 1_000 / 100),
            memory.map_or_else(String::new, |it| format!("{} MB", it / 1_048_576)),
        ]);
    }
    table
}

/// Numbers as PostgreSQL printed them; nothing is computed here.
fn source_table(sources: &[Row]) -> Table {
    let header = [
        "source",
        "orders",
        "customers",
        "revenue",
        "",
        "first day",
        "last day",
    ];
    let mut table = new_table(&header, 1);
    for row in sources {
        let texts: Vec<String> = (0..row.len())
            .map(|index| row.get::<_, Option<String>>(index).unwrap_or_default())
            .collect();
        table.add_row(texts);
    }
    table
}

fn new_table(header: &[&str], text_columns: usize) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    for column in table.column_iter_mut().skip(text_columns) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// `1234567` → `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
