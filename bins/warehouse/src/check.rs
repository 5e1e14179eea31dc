//! `warehouse check`: queries that return what breaks the promises of the star; none may.
//!
//! Reads only, in one transaction that sees one moment of the database, so that a load in between
//! disturbs nothing and is not disturbed.

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use common::{
    OutputFormat, Rows, Sql, StageContext, StageReport, Status, Step, console, database, db, sql,
};
use deadpool_postgres::Transaction;
use serde::Serialize;
use tokio_postgres::IsolationLevel;

use crate::load::SETTINGS;

// A doc comment here would replace the sub-command's own help.
#[derive(Debug, Clone, clap::Args)]
#[expect(missing_docs, reason = "it would replace the sub-command's own help")]
pub struct CheckOptions {
    /// Offending rows to show of each check
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// Each returns `offender` and, on every row, how many there are in all.
const CHECKS: [Sql; 22] = [
    sql!("warehouse/checks/facts_outside_their_version.sql"),
    sql!("warehouse/checks/facts_with_dangling_keys.sql"),
    sql!("warehouse/checks/facts_without_lineage.sql"),
    sql!("warehouse/checks/facts_without_production.sql"),
    sql!("warehouse/checks/production_without_facts.sql"),
    sql!("warehouse/checks/histories_with_overlaps_or_gaps.sql"),
    sql!("warehouse/checks/members_with_two_current_versions.sql"),
    sql!("warehouse/checks/members_without_current_version.sql"),
    sql!("warehouse/checks/rows_outside_partitions.sql"),
    sql!("warehouse/checks/missing_partitions.sql"),
    sql!("warehouse/checks/differing_agg_daily_sales.sql"),
    sql!("warehouse/checks/differing_agg_product_performance.sql"),
    sql!("warehouse/checks/differing_agg_monthly_product_sales.sql"),
    sql!("warehouse/checks/differing_agg_customer_metrics.sql"),
    sql!("warehouse/checks/differing_agg_hourly_metrics.sql"),
    sql!("warehouse/checks/differing_agg_category_performance.sql"),
    sql!("warehouse/checks/differing_agg_daily_funnel.sql"),
    sql!("warehouse/checks/ledger_imbalances.sql"),
    sql!("warehouse/checks/stock_against_movements.sql"),
    sql!("warehouse/checks/sessions_against_events.sql"),
    sql!("warehouse/checks/aggregates_with_dangling_keys.sql"),
    sql!("warehouse/checks/calendar_with_gaps.sql"),
];

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    violations: u64,
    /// The first of them, by key.
    offenders: Vec<String>,
}

/// Runs every check; the report is `Blocked` (exit code 1) when one finds something.
pub(crate) async fn run(ctx: &StageContext, options: &CheckOptions) -> anyhow::Result<StageReport> {
    let mut client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let tx = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .context("failed to open a transaction")?;
    for setting in SETTINGS {
        db::execute(&tx, setting, &[]).await?;
    }
    let mut report = StageReport::new(ctx);
    let mut findings = Vec::new();
    for check in CHECKS {
        let name = name_of(check);
        let step = Step::begin(format!("check {name}"));
        let finding = find(&tx, check, i64::from(options.limit)).await?;
        let rows = Rows {
            input: finding.violations,
            ..Rows::default()
        };
        report.finish(step, rows);
        findings.push(finding);
    }
    tx.rollback()
        .await
        .context("failed to end the transaction")?;
    let broken = findings.iter().filter(|it| it.violations > 0).count();
    if broken > 0 {
        report.status = Status::Blocked;
        report.warn(format!(
            "{broken} of {} checks found violations",
            CHECKS.len()
        ));
    }
    if ctx.output == OutputFormat::Text {
        console::print(&text(&findings))?;
    }
    report.findings = Some(serde_json::to_value(&findings)?);
    Ok(report)
}

async fn find(tx: &Transaction<'_>, check: Sql, limit: i64) -> anyhow::Result<Finding> {
    let rows = db::rows(tx, check, &[&limit]).await?;
    let violations: i64 = match rows.first() {
        Some(row) => row.try_get("violations")?,
        None => 0,
    };
    let offenders = rows
        .iter()
        .map(|row| Ok(row.try_get("offender")?))
        .collect::<anyhow::Result<_>>()?;
    Ok(Finding {
        check: name_of(check),
        violations: u64::try_from(violations)?,
        offenders,
    })
}

/// The file's name without its folder and ending.
fn name_of(check: Sql) -> &'static str {
    let file = check.path.rsplit('/').next().unwrap_or(check.path);
    file.strip_suffix(".sql").unwrap_or(file)
}

fn text(findings: &[Finding]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["check", "violations", "for example"]);
    for it in findings {
        table.add_row([
            it.check,
            &console::grouped(it.violations),
            &it.offenders.join("\n"),
        ]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
