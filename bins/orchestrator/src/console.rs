//! What a person sees at the end of a run.

use std::path::Path;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use common::{OutputFormat, Sql, StageContext, StageReport, Status, console, db, errors};
use tokio_postgres::Row;

use crate::execution::StageRun;
use crate::report::{run_status, step_status};

const SUMMARIZE: Sql = common::sql!("orchestrator/summarize_sources.sql");

/// Prints a line to stdout, unless the result there is JSON.
pub(crate) fn say(ctx: &StageContext, text: &str) -> anyhow::Result<()> {
    if ctx.output == OutputFormat::Json {
        return Ok(());
    }
    console::print(text)
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
            console::grouped(rows.input),
            console::grouped(rows.written()),
            console::grouped(rows.unchanged),
            console::grouped(rows.quarantined),
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
