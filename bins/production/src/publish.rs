//! One batch into `production`, in one transaction.
//!
//! In: a passed batch. Out: its rows, its ledger, its files and itself marked as published.

use std::path::Path;

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use common::{Failure, Rows, Sql, StageContext, StageReport, Step, db, sql};
use deadpool_postgres::{Object, Transaction};

use crate::batches::Batch;
use crate::corrections;
use crate::models::{Kind, MODELS, Model};

const SETTINGS: [Sql; 3] = [
    sql!("production/set_work_memory.sql"),
    sql!("common/prefer_indexes.sql"),
    sql!("common/disable_compilation.sql"),
];
const LOCK_BATCH: Sql = sql!("production/lock_batch.sql");
const FIND_STAGED_DIFFERENCES: Sql = sql!("production/find_staged_differences.sql");
const LIST_STAGED_DATASETS: Sql = sql!("production/list_staged_datasets.sql");
const UPSERT_RETAILERS: Sql = sql!("production/upsert_retailers.sql");
const COUNT_KEYS_DUE: Sql = sql!("production/count_keys_due.sql");
const BOOK_PUBLISHED_ROWS: Sql = sql!("production/book_published_rows.sql");
const CLOSE_QUARANTINE: Sql = sql!("production/close_quarantine.sql");
const MARK_FILES_LOADED: Sql = sql!("production/mark_files_loaded.sql");
const MARK_BATCH_PUBLISHED: Sql = sql!("production/mark_batch_published.sql");

/// Publishes the batch; with `--dry-run` everything is done and then rolled back.
pub(crate) async fn publish(
    ctx: &StageContext,
    client: &mut Object,
    batch: &Batch,
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
    check(&tx, batch).await?;
    write(ctx, &tx, batch, report)
        .await
        .with_context(|| format!("failed to publish {batch}"))?;
    if ctx.dry_run {
        tx.rollback().await.context("failed to roll back")?;
        report.warn(format!("dry run: {batch} was rolled back"));
    } else {
        tx.commit()
            .await
            .with_context(|| format!("failed to commit {batch}"))?;
    }
    Ok(())
}

/// What was staged is what was judged, and nobody else has published it meanwhile.
async fn check(tx: &Transaction<'_>, batch: &Batch) -> anyhow::Result<()> {
    let row = db::row(tx, LOCK_BATCH, &[&batch.id]).await?;
    let state: String = row.try_get("state")?;
    if state != "passed" {
        return Err(Failure::blocked(format!(
            "{batch} is `{state}` and not `passed`, so it is not published"
        ))
        .into());
    }
    let differences = db::rows(tx, FIND_STAGED_DIFFERENCES, &[&batch.id]).await?;
    if let Some(row) = differences.first() {
        let dataset: String = row.try_get("dataset")?;
        let rows_staged: i64 = row.try_get("rows_staged")?;
        let rows_found: i64 = row.try_get("rows_found")?;
        return Err(Failure::permanent(format!(
            "{batch} staged {rows_staged} rows of {dataset}, and staging holds {rows_found}\n\
             run `stage` and `quality` again"
        ))
        .into());
    }
    Ok(())
}

async fn write(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let staged: BTreeSet<String> = db::rows(tx, LIST_STAGED_DATASETS, &[&batch.id])
        .await?
        .iter()
        .map(|row| row.try_get("dataset"))
        .collect::<Result<_, _>>()?;
    upsert_retailer(ctx, tx, batch, report).await?;
    for model in MODELS {
        if !model.reads.iter().any(|dataset| staged.contains(*dataset)) {
            continue;
        }
        match model.kind {
            Kind::Upsert => upsert(ctx, tx, batch, model, report).await?,
            Kind::Changes => append_changes(ctx, tx, batch, model, report).await?,
            Kind::Stubs => insert_stubs(ctx, tx, batch, model, report).await?,
            Kind::Deletions => mark_deleted(ctx, tx, batch, model, report).await?,
        }
    }
    corrections::count(tx, batch, &staged, report).await?;
    close_quarantine(tx, batch, report).await?;
    db::execute(tx, MARK_FILES_LOADED, &[&batch.id, &ctx.started_at]).await?;
    db::execute(tx, MARK_BATCH_PUBLISHED, &[&batch.id, &ctx.started_at]).await?;
    Ok(())
}

/// The shop itself; every other table refers to it.
async fn upsert_retailer(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step = Step::begin("upsert retailers").relation("production.retailers");
    let row = db::row(tx, UPSERT_RETAILERS, &[&batch.id, &ctx.started_at]).await?;
    let published = Published::read(&row)?;
    report.finish(step, published.rows(0)?);
    Ok(())
}

/// The rows of one entity, booked in the ledger, which must balance.
async fn upsert(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    model: Model,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let dataset = model.dataset;
    let step = Step::begin(format!("upsert {dataset}")).relation(format!("production.{dataset}"));
    let row = db::row(tx, model.sql, &[&batch.id, &ctx.started_at]).await?;
    let published = Published::read(&row)?;
    let booked = db::row(
        tx,
        BOOK_PUBLISHED_ROWS,
        &[
            &batch.id,
            &dataset,
            &published.published,
            &published.inserted,
            &published.updated,
        ],
    )
    .await?;
    let held_back = balance(dataset, published.published, &booked)?;
    let left_out: i64 = booked.try_get("rows_left_out")?;
    if left_out > 0 {
        explain_left_out(tx, batch, dataset, published.published, left_out, report).await?;
    }
    report.finish(step, published.rows(held_back)?);
    Ok(())
}

/// Rows that were accepted and not published must be second rows of a key or of an older version
/// of their order; a row that a join lost would be neither.
async fn explain_left_out(
    tx: &Transaction<'_>,
    batch: &Batch,
    dataset: &str,
    published: i64,
    left_out: i64,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let due = db::row(tx, COUNT_KEYS_DUE, &[&batch.id, &dataset]).await?;
    let keys: i64 = due.try_get("keys_due")?;
    let older: i64 = due.try_get("rows_older")?;
    ensure!(
        keys == published,
        "rows of {dataset} were lost: {keys} keys were accepted and {published} published"
    );
    if older > 0 {
        report.warn(format!(
            "{older} rows of {dataset} in {batch} belong to older versions of their orders; the \
             newer ones were kept"
        ));
    }
    if left_out > older {
        report.warn(format!(
            "{} rows of {dataset} came twice in {batch}; the newest of each key was kept",
            left_out - older
        ));
    }
    Ok(())
}

/// Checks that staged = published + held back; returns the rows held back.
fn balance(dataset: &str, published: i64, booked: &tokio_postgres::Row) -> anyhow::Result<i64> {
    let staged: i64 = booked.try_get("rows_staged")?;
    let quarantined: i64 = booked.try_get("rows_quarantined")?;
    let consequence: i64 = booked.try_get("rows_consequence")?;
    let superseded: i64 = booked.try_get("rows_superseded")?;
    let left_out: i64 = booked.try_get("rows_left_out")?;
    let held_back = quarantined + consequence + superseded;
    ensure!(
        left_out >= 0 && staged == published + held_back,
        "rows of {dataset} do not balance: {staged} staged, {published} published, {quarantined} \
         quarantined, {consequence} consequences, {superseded} superseded"
    );
    Ok(held_back)
}

async fn append_changes(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    model: Model,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step =
        Step::begin(step_name(model)).relation(format!("production.{}_changes", model.dataset));
    let row = db::row(tx, model.sql, &[&batch.id, &ctx.started_at]).await?;
    let read: i64 = row.try_get("rows_read")?;
    let appended: i64 = row.try_get("rows_appended")?;
    let rows = Rows {
        input: u64::try_from(read)?,
        inserted: u64::try_from(appended)?,
        unchanged: u64::try_from(read - appended)?,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(())
}

async fn insert_stubs(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    model: Model,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let dataset = model.dataset;
    let step =
        Step::begin(format!("insert stubs of {dataset}")).relation(format!("production.{dataset}"));
    let inserted = db::count(tx, model.sql, &[&batch.id, &ctx.started_at]).await?;
    let rows = Rows {
        input: inserted,
        inserted,
        ..Rows::default()
    };
    if inserted > 0 {
        report.warn(format!(
            "{batch} refers to {inserted} {dataset} that nobody has brought; stubs stand in"
        ));
    }
    report.finish(step, rows);
    Ok(())
}

/// What the source deleted, parts of restated orders that did not come again, and what vanished from
/// a snapshot; the warehouse notices by their new batch.
async fn mark_deleted(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    batch: &Batch,
    model: Model,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step = Step::begin(step_name(model)).relation(format!("production.{}", model.dataset));
    let deleted = db::count(tx, model.sql, &[&batch.id, &ctx.started_at]).await?;
    let rows = Rows {
        input: deleted,
        deleted,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(())
}

/// `production/mark_vanished_payments.sql` is the step "mark vanished payments".
fn step_name(model: Model) -> String {
    let path = Path::new(model.sql.path);
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .replace('_', " ")
}

/// Entries of earlier batches whose rows this batch tried again are no longer open.
async fn close_quarantine(
    tx: &Transaction<'_>,
    batch: &Batch,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step = Step::begin("close quarantine").relation("ops.quarantine");
    let closed = db::count(tx, CLOSE_QUARANTINE, &[&batch.id, &batch.source]).await?;
    let rows = Rows {
        input: closed,
        updated: closed,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(())
}

/// What an upsert says that it did.
struct Published {
    published: i64,
    inserted: i64,
    updated: i64,
}

impl Published {
    fn read(row: &tokio_postgres::Row) -> anyhow::Result<Self> {
        Ok(Self {
            published: row.try_get("rows_published")?,
            inserted: row.try_get("rows_inserted")?,
            updated: row.try_get("rows_updated")?,
        })
    }

    fn rows(&self, held_back: i64) -> anyhow::Result<Rows> {
        Ok(Rows {
            input: u64::try_from(self.published + held_back)?,
            inserted: u64::try_from(self.inserted)?,
            updated: u64::try_from(self.updated)?,
            quarantined: u64::try_from(held_back)?,
            unchanged: u64::try_from(self.published - self.inserted - self.updated)?,
            ..Rows::default()
        })
    }
}
