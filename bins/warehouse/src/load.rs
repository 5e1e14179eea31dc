//! One load, in one transaction.
//!
//! What a load touches is collected while facts still point to the old versions of their members;
//! then dimensions, facts and aggregates change in this order.

use anyhow::Context as _;
use common::{Rows, Sql, StageContext, StageReport, Step, db, sql};
use deadpool_postgres::{Object, Transaction};

use crate::settings::Settings;
use crate::{Options, aggregates, dimensions, facts};

const SETTINGS: [Sql; 2] = [
    sql!("warehouse/set_work_memory.sql"),
    sql!("common/disable_compilation.sql"),
];
const EMPTY_WORK_TABLES: Sql = sql!("warehouse/empty_work_tables.sql");
const FILL_WORK_SOURCES: Sql = sql!("warehouse/fill_work_sources.sql");
const FILL_WORK_TRANSACTIONS: Sql = sql!("warehouse/fill_work_transactions.sql");
const ANALYZE_DIMENSIONS: Sql = sql!("warehouse/analyze_dimensions.sql");
const MOVE_WATERMARKS: Sql = sql!("warehouse/move_watermarks.sql");

/// A load in progress: what its parts share.
pub(crate) struct Load<'a> {
    pub(crate) ctx: &'a StageContext,
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) report: &'a mut StageReport,
}

/// Consumes the pending batches; with `--dry-run` everything is done and then rolled back.
pub(crate) async fn load(
    ctx: &StageContext,
    client: &mut Object,
    options: &Options,
    settings: &Settings,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    db::writer_lock(&tx).await?;
    for setting in SETTINGS {
        db::execute(&tx, setting, &[]).await?;
    }
    let mut load = Load {
        ctx,
        tx: &tx,
        report,
    };
    load.all(options, settings).await?;
    if ctx.dry_run {
        tx.rollback().await.context("failed to roll back")?;
        report.warn("dry run: the load was rolled back");
    } else {
        tx.commit().await.context("failed to commit the load")?;
    }
    Ok(())
}

impl Load<'_> {
    async fn all(&mut self, options: &Options, settings: &Settings) -> anyhow::Result<()> {
        db::execute(self.tx, EMPTY_WORK_TABLES, &[]).await?;
        db::count(self.tx, FILL_WORK_SOURCES, &[&options.full_refresh]).await?;
        dimensions::collect(self, settings).await?;
        let step = Step::begin("find touched orders").relation("warehouse.work_transactions");
        let touched = db::count(self.tx, FILL_WORK_TRANSACTIONS, &[]).await?;
        let rows = Rows {
            input: touched,
            ..Rows::default()
        };
        self.report.finish(step, rows);
        aggregates::collect_before(self).await?;
        dimensions::write(self, settings).await?;
        db::execute(self.tx, ANALYZE_DIMENSIONS, &[]).await?;
        facts::write(self).await?;
        aggregates::write(self).await?;
        db::execute(self.tx, MOVE_WATERMARKS, &[&self.ctx.started_at]).await?;
        db::execute(self.tx, EMPTY_WORK_TABLES, &[]).await?;
        Ok(())
    }

    /// Runs a statement that returns rows read, inserted, updated and perhaps deleted.
    pub(crate) async fn upsert(&mut self, relation: &str, sql: Sql) -> anyhow::Result<()> {
        let step = Step::begin(format!("upsert {relation}")).relation(relation);
        let row = db::row(self.tx, sql, &[&self.ctx.started_at]).await?;
        let rows = rows_of(&row)?;
        self.report.finish(step, rows);
        Ok(())
    }
}

/// The counts that an upsert returns.
pub(crate) fn rows_of(row: &tokio_postgres::Row) -> anyhow::Result<Rows> {
    let read = row.try_get::<_, i64>("rows_read")?;
    let inserted = row.try_get::<_, i64>("rows_inserted")?;
    let updated = row.try_get::<_, i64>("rows_updated")?;
    let deleted = match row.columns().iter().any(|it| it.name() == "rows_deleted") {
        true => row.try_get::<_, i64>("rows_deleted")?,
        false => 0,
    };
    Ok(Rows {
        input: u64::try_from(read)?,
        inserted: u64::try_from(inserted)?,
        updated: u64::try_from(updated)?,
        deleted: u64::try_from(deleted)?,
        unchanged: u64::try_from(read - inserted - updated)?,
        ..Rows::default()
    })
}
