//! Monthly partitions, made before the rows that need them and some months ahead.
//!
//! Attaching a partition locks the fact's net (its default partition) until the transaction ends,
//! so it is done in a short transaction of its own before the load, and no reader waits for a load.
//! An empty partition that a failed load leaves behind is none the worse.

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Rows, Sql, StageContext, StageReport, Step, db, sql};
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::error::SqlState;

use crate::Options;
use crate::load::{EMPTY_WORK_TABLES, Load};
use crate::settings::Settings;
use crate::sources;

const FILL_WORK_DATE_BOUNDS: Sql = sql!("warehouse/fill_work_date_bounds.sql");
const LIST_MISSING_PARTITIONS: Sql = sql!("warehouse/list_missing_partitions.sql");
const ADD_MONTHLY_PARTITION: Sql = sql!("warehouse/add_monthly_partition.sql");
const SET_SHORT_LOCK_TIMEOUT: Sql = sql!("warehouse/set_short_lock_timeout.sql");

/// A month of a fact that has no partition.
struct Missing {
    fact: String,
    month: NaiveDate,
    is_needed: bool,
}

/// Adds what the coming load needs, and after it, if no reader is in the way, the months ahead.
pub(crate) async fn prepare(
    ctx: &StageContext,
    client: &mut Object,
    options: &Options,
    settings: &Settings,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step = Step::begin("add partitions");
    let tx = begin(client).await?;
    db::writer_lock(&tx).await?;
    db::execute(&tx, EMPTY_WORK_TABLES, &[]).await?;
    let after_batch_id = sources::take(&tx, options.full_refresh).await?;
    db::count(&tx, FILL_WORK_DATE_BOUNDS, &[&after_batch_id]).await?;
    let (needed, ahead): (Vec<_>, Vec<_>) = missing(ctx, &tx, settings)
        .await?
        .into_iter()
        .partition(|it| it.is_needed);
    let mut added = add(&tx, &needed).await?;
    db::execute(&tx, EMPTY_WORK_TABLES, &[]).await?;
    commit(tx).await?;
    if !ahead.is_empty() {
        let tx = begin(client).await?;
        db::execute(&tx, SET_SHORT_LOCK_TIMEOUT, &[]).await?;
        match add_locked(&tx, &ahead).await {
            Ok(count) => {
                commit(tx).await?;
                added += count;
            }
            Err(error) if is_lock_timeout(&error) => report.warn(
                "a reader is in the way of partitions for the months ahead; \
                 the next load tries again",
            ),
            Err(error) => return Err(error),
        }
    }
    if added > 0 {
        let rows = Rows {
            input: added,
            ..Rows::default()
        };
        report.finish(step, rows);
    }
    Ok(())
}

/// What the load brings, for the calendar; and partitions of batches that were published since
/// [`prepare`].
pub(crate) async fn ensure(load: &Load<'_>, settings: &Settings) -> anyhow::Result<()> {
    db::count(load.tx, FILL_WORK_DATE_BOUNDS, &[&load.after_batch_id]).await?;
    if load.ctx.dry_run {
        // Attaching would make readers wait; what has no partition falls into the net meanwhile.
        return Ok(());
    }
    let mut needed = missing(load.ctx, load.tx, settings).await?;
    needed.retain(|it| it.is_needed);
    add(load.tx, &needed).await?;
    Ok(())
}

async fn missing(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    settings: &Settings,
) -> anyhow::Result<Vec<Missing>> {
    let months_ahead = &settings.partition_months_ahead;
    db::rows(
        tx,
        LIST_MISSING_PARTITIONS,
        &[&ctx.business_date, months_ahead],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Missing {
            fact: row.try_get("fact")?,
            month: row.try_get("month_start")?,
            is_needed: row.try_get("is_needed")?,
        })
    })
    .collect()
}

async fn add(tx: &Transaction<'_>, months: &[Missing]) -> anyhow::Result<u64> {
    let mut added = 0;
    for it in months {
        added += db::count(tx, ADD_MONTHLY_PARTITION, &[&it.fact, &it.month])
            .await
            .with_context(|| format!("failed to add {} of `{}`", it.month, it.fact))?;
    }
    Ok(added)
}

/// Another load may be about to make the same months.
async fn add_locked(tx: &Transaction<'_>, months: &[Missing]) -> anyhow::Result<u64> {
    db::writer_lock(tx).await?;
    add(tx, months).await
}

async fn begin(client: &mut Object) -> anyhow::Result<Transaction<'_>> {
    client
        .transaction()
        .await
        .context("failed to open a transaction")
}

async fn commit(tx: Transaction<'_>) -> anyhow::Result<()> {
    tx.commit().await.context("failed to commit the partitions")
}

fn is_lock_timeout(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<tokio_postgres::Error>())
        .any(|cause| cause.code() == Some(&SqlState::LOCK_NOT_AVAILABLE))
}
