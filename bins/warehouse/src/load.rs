//! One load, in one transaction.
//!
//! What a load touches is collected while facts still point to the old versions of their members;
//! then dimensions, facts and aggregates change in this order.

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Rows, Sql, StageContext, StageReport, Step, db, sql};
use deadpool_postgres::{Object, Transaction};

use crate::settings::Settings;
use crate::{
    Options, aggregates, dimensions, facts, fulfilment, inventory, partitions, sources, web,
};

pub(crate) const SETTINGS: [Sql; 3] = [
    sql!("warehouse/set_work_memory.sql"),
    sql!("common/prefer_indexes.sql"),
    sql!("common/disable_compilation.sql"),
];
pub(crate) const EMPTY_WORK_TABLES: Sql = sql!("warehouse/empty_work_tables.sql");
const FILL_WORK_TRANSACTIONS: Sql = sql!("warehouse/fill_work_transactions.sql");
const LIST_SALE_DATES: Sql = sql!("warehouse/list_sale_dates.sql");
const ANALYZE_WORK_FACTS: Sql = sql!("warehouse/analyze_work_facts.sql");
const ANALYZE_DIMENSIONS: Sql = sql!("warehouse/analyze_dimensions.sql");
const ANALYZE_FACTS: Sql = sql!("warehouse/analyze_facts.sql");
const ESTIMATE_FACTS: Sql = sql!("warehouse/estimate_facts.sql");
const MOVE_WATERMARKS: Sql = sql!("warehouse/move_watermarks.sql");

/// Written rows, and their share of those that the planner knows of, from which on its statistics
/// are refreshed at once; smaller changes are left to the server's own housekeeping.
const ANALYZE_ROWS_MIN: u64 = 10_000;
const ANALYZE_PARTS_MAX: u64 = 10;

/// A load in progress: what its parts share.
pub(crate) struct Load<'a> {
    pub(crate) ctx: &'a StageContext,
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) report: &'a mut StageReport,
    /// Rows of later batches are new to one of the sources.
    pub(crate) after_batch_id: i64,
    pub(crate) sale_dates: SaleDates,
}

/// Where the facts of the touched orders are and will be; what is cut by month is read there only.
#[derive(Debug, Clone, Default)]
pub(crate) struct SaleDates {
    /// Their days.
    pub(crate) days: Vec<NaiveDate>,
    /// All days of the months of those days.
    pub(crate) days_of_months: Vec<NaiveDate>,
}

impl SaleDates {
    async fn list(tx: &Transaction<'_>) -> anyhow::Result<Self> {
        let row = db::row(tx, LIST_SALE_DATES, &[]).await?;
        Ok(Self {
            days: row.try_get("sale_dates")?,
            days_of_months: row.try_get("month_dates")?,
        })
    }
}

/// Consumes the pending batches; with `--dry-run` everything is done and then rolled back.
pub(crate) async fn load(
    ctx: &StageContext,
    client: &mut Object,
    options: &Options,
    settings: &Settings,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    if !ctx.dry_run {
        partitions::prepare(ctx, client, options, settings, report).await?;
    }
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
        after_batch_id: -1,
        sale_dates: SaleDates::default(),
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
        self.after_batch_id = sources::take(self.tx, options.full_refresh).await?;
        partitions::ensure(self, settings).await?;
        dimensions::collect(self, settings).await?;
        let step = Step::begin("find touched orders").relation("warehouse.work_transactions");
        let touched = db::count(self.tx, FILL_WORK_TRANSACTIONS, &[&self.after_batch_id]).await?;
        let rows = Rows {
            input: touched,
            ..Rows::default()
        };
        self.report.finish(step, rows);
        self.sale_dates = SaleDates::list(self.tx).await?;
        inventory::collect(self).await?;
        fulfilment::collect(self).await?;
        web::collect(self).await?;
        aggregates::collect_before(self).await?;
        db::execute(self.tx, ANALYZE_WORK_FACTS, &[]).await?;
        dimensions::write(self, settings).await?;
        db::execute(self.tx, ANALYZE_DIMENSIONS, &[]).await?;
        facts::write(self).await?;
        inventory::write(self).await?;
        fulfilment::write(self).await?;
        web::write(self).await?;
        self.analyze_facts().await?;
        aggregates::write(self).await?;
        db::execute(self.tx, MOVE_WATERMARKS, &[&self.ctx.started_at]).await?;
        db::execute(self.tx, EMPTY_WORK_TABLES, &[]).await?;
        Ok(())
    }

    async fn analyze_facts(&self) -> anyhow::Result<()> {
        let written = self.report.rows().written();
        if written >= ANALYZE_ROWS_MIN {
            let known = db::count(self.tx, ESTIMATE_FACTS, &[]).await?;
            if written.saturating_mul(ANALYZE_PARTS_MAX) >= known {
                db::execute(self.tx, ANALYZE_FACTS, &[]).await?;
            }
        }
        Ok(())
    }

    /// Runs a statement that returns rows read, inserted, updated and perhaps deleted.
    pub(crate) async fn upsert(&mut self, relation: &str, sql: Sql) -> anyhow::Result<()> {
        let started_at = self.ctx.started_at;
        self.upsert_step(relation, sql, &[&started_at]).await
    }

    /// As [`Self::upsert`], with the days that the statement may look at.
    pub(crate) async fn upsert_with(
        &mut self,
        relation: &str,
        sql: Sql,
        dates: &[NaiveDate],
    ) -> anyhow::Result<()> {
        let started_at = self.ctx.started_at;
        self.upsert_step(relation, sql, &[&started_at, &dates])
            .await
    }

    /// As [`Self::upsert`], with the first and the last day that the statement may look at.
    pub(crate) async fn upsert_between(
        &mut self,
        relation: &str,
        sql: Sql,
        first_date: NaiveDate,
        last_date: NaiveDate,
    ) -> anyhow::Result<()> {
        let started_at = self.ctx.started_at;
        self.upsert_step(relation, sql, &[&started_at, &first_date, &last_date])
            .await
    }

    async fn upsert_step(
        &mut self,
        relation: &str,
        sql: Sql,
        parameters: db::Parameters<'_>,
    ) -> anyhow::Result<()> {
        let step = Step::begin(format!("upsert {relation}")).relation(relation);
        let row = db::row(self.tx, sql, parameters).await?;
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
