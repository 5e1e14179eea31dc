//! The warehouse into materialized views and ten CSV files for spreadsheets.
//!
//! Goes in: `warehouse.*`. Comes out: `analytics.*`, `data/processed/analytics/*.csv` and
//! `analytics_summary.json`.
//!
//! Architecture invariant: views, files and watermark of a run show the same state of the
//! warehouse, because one repeatable-read transaction refreshes, exports and moves the watermark.
//! A run that is killed leaves the watermark where it was, so that the next one does it all again.

mod cells;
mod export;
mod settings;
mod sources;
mod summary;

use std::path::Path;

use anyhow::Context as _;
use common::report::iso;
use common::{Program, Rows, Sql, StageContext, StageReport, Status, Step, Uses, db, sql};
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::IsolationLevel;

pub use settings::Settings;
use sources::Source;

/// How this program is started.
pub const PROGRAM: Program = Program {
    name: "analytics",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:\n  analytics\n  analytics --full-refresh\n",
    uses: Uses::Database,
};

/// The program's own flags.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Options {
    /// Refresh and export everything, whether it changed or not
    #[arg(long)]
    pub full_refresh: bool,
}

/// The views, and the statements that refresh them.
const VIEWS: [(&str, Sql); 6] = [
    (
        "analytics.mv_daily_sales",
        sql!("analytics/refresh_mv_daily_sales.sql"),
    ),
    (
        "analytics.mv_product_performance",
        sql!("analytics/refresh_mv_product_performance.sql"),
    ),
    (
        "analytics.mv_customer_segments",
        sql!("analytics/refresh_mv_customer_segments.sql"),
    ),
    (
        "analytics.mv_daily_sales_summary",
        sql!("analytics/refresh_mv_daily_sales_summary.sql"),
    ),
    (
        "analytics.mv_monthly_sales_by_category",
        sql!("analytics/refresh_mv_monthly_sales_by_category.sql"),
    ),
    (
        "analytics.mv_top_products_by_revenue",
        sql!("analytics/refresh_mv_top_products_by_revenue.sql"),
    ),
];
const WAIT_FOR_WRITER: Sql = sql!("analytics/wait_for_writer.sql");
const HAND_WRITER_OVER: Sql = sql!("analytics/hand_writer_over.sql");
const DISABLE_COMPILATION: Sql = sql!("common/disable_compilation.sql");
const MOVE_WATERMARK: Sql = sql!("analytics/move_watermark.sql");
const COUNT_OTHER_CURRENCIES: Sql = sql!("analytics/count_other_currencies.sql");

/// Refreshes the views and the files of the sources that changed.
///
/// # Errors
/// Bad settings, a full disk, or what the server says.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings: Settings = ctx.config.section("analytics")?;
    let mut report = StageReport::new(ctx);
    let mut client = ctx.client().await?;
    let tx = begin(&mut client).await?;
    let folder = ctx.config.paths.processed_dir().join("analytics");
    let mut due = sources::list(&tx, &settings, &folder).await?;
    if !options.full_refresh {
        due.retain(Source::is_due);
    }
    if due.is_empty() {
        report.status = Status::NothingToDo;
        return Ok(report);
    }
    if ctx.dry_run {
        announce(&mut report, &due, options);
        return Ok(report);
    }
    if options.full_refresh || due.iter().any(|source| source.has_changed) {
        refresh_views(&tx, &mut report).await?;
    }
    for source in &due {
        export_source(&tx, ctx, &settings, source, &mut report).await?;
        let parameters: db::Parameters<'_> = &[&source.name, &source.batch_id, &source.moved_at];
        db::execute(&tx, MOVE_WATERMARK, parameters).await?;
    }
    tx.commit().await.context("failed to commit")?;
    Ok(report)
}

/// A transaction that sees what the load it waited for has written.
///
/// A repeatable-read transaction sees the state at its first statement, and waiting for the lock
/// would be that statement. So the session waits before the transaction begins, which then takes
/// the lock over.
async fn begin(client: &mut Object) -> anyhow::Result<Transaction<'_>> {
    db::row(&*client, WAIT_FOR_WRITER, &[]).await?;
    let tx = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .await
        .context("failed to open a transaction")?;
    db::execute(&tx, DISABLE_COMPILATION, &[]).await?;
    db::writer_lock(&tx).await?;
    db::row(&tx, HAND_WRITER_OVER, &[]).await?;
    Ok(tx)
}

/// What a run without `--dry-run` would write.
fn announce(report: &mut StageReport, due: &[Source], options: &Options) {
    if options.full_refresh || due.iter().any(|source| source.has_changed) {
        for (view, _) in VIEWS {
            report.finish(
                Step::begin(format!("would refresh {view}")).relation(view),
                Rows::default(),
            );
        }
    }
    for source in due {
        let folder = source.folder.display().to_string();
        report.finish(
            Step::begin(format!("would export {}", source.name)).relation(folder),
            Rows::default(),
        );
    }
}

async fn refresh_views(tx: &Transaction<'_>, report: &mut StageReport) -> anyhow::Result<()> {
    for (view, refresh) in VIEWS {
        let step = Step::begin(format!("refresh {view}")).relation(view);
        db::execute(tx, refresh, &[]).await?;
        report.finish(step, Rows::default());
    }
    Ok(())
}

/// Writes the ten files of one source; the old ones stay until all ten are complete.
async fn export_source(
    tx: &Transaction<'_>,
    ctx: &StageContext,
    settings: &Settings,
    source: &Source,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let mut summary = summary::Summary::begin(iso(ctx.started_at), source, settings.mask_names);
    if let Some(currency) = &source.currency {
        warn_of_other_currencies(tx, source, currency, report).await?;
    }
    let mut files = Vec::with_capacity(export::EXPORTS.len());
    for query in export::EXPORTS {
        let path = source.folder.join(format!("{}.csv", query.name));
        let step = Step::begin(format!("export {}", query.name)).relation(shown(&path, ctx));
        let (file, written) = query
            .write(tx, &path, source, settings, ctx.business_date)
            .await?;
        files.push(file);
        report.finish(
            step,
            Rows {
                input: written.rows,
                ..Rows::default()
            },
        );
        summary.add(query.name, written);
    }
    for file in files {
        file.commit()?;
    }
    common::report::write_json(&source.folder.join(summary::FILE_NAME), &summary)
}

async fn warn_of_other_currencies(
    tx: &Transaction<'_>,
    source: &Source,
    currency: &str,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let orders = db::count(tx, COUNT_OTHER_CURRENCIES, &[&source.name, &currency]).await?;
    if orders > 0 {
        report.warn(format!(
            "{}: {orders} orders are not in {currency} and are left out of its CSV files; the \
             views in `analytics` have them, by currency",
            source.name
        ));
    }
    Ok(())
}

/// A path as people know it: below the data folder.
fn shown(path: &Path, ctx: &StageContext) -> String {
    path.strip_prefix(&ctx.config.paths.data_dir)
        .unwrap_or(path)
        .display()
        .to_string()
}
