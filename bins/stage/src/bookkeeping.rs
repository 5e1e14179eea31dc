//! A batch's own rows: which files it reads, how many rows, and who the shop is.

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Transaction;

use crate::batch::{Stager, begin};
use crate::entity::Entity;
use crate::files::{RawFile, TableFiles};
use crate::landing;
use crate::source::Mode;

const LIST_ENTITIES: Sql = common::sql!("stage/list_entities.sql");
const ABANDON_BATCHES: Sql = common::sql!("stage/abandon_batches.sql");
const ABANDON_FILES: Sql = common::sql!("stage/abandon_files.sql");
const INSERT_BATCH: Sql = common::sql!("stage/insert_batch.sql");
const INSERT_FILE: Sql = common::sql!("stage/insert_raw_file.sql");
const INSERT_LEDGER: Sql = common::sql!("stage/insert_ledger.sql");
const CLEAR_BATCH: Sql = common::sql!("stage/clear_batch.sql");
const SET_BATCH: Sql = common::sql!("stage/set_batch.sql");
const COUNT_REJECTED: Sql = common::sql!("stage/count_rejected_rows.sql");
const MARK_VANISHED: Sql = common::sql!("stage/mark_vanished_files.sql");
const LIST_UNFINISHED: Sql = common::sql!("stage/list_unfinished_files.sql");
const DELETE_UNFINISHED: Sql = common::sql!("stage/delete_unfinished_batches.sql");
const SET_RETAILER: Sql = common::sql!("stage/set_retailer.sql");

/// One dataset of a batch in the ledger.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// `landing` or `staging`.
    pub(crate) layer: &'static str,
    /// The landing table or the entity.
    pub(crate) dataset: &'a str,
    /// Records in files; none for what SQL made.
    pub(crate) read: Option<u64>,
    /// Of these, those in quarantine.
    pub(crate) rejected: Option<u64>,
    /// Rows in landing or staging.
    pub(crate) staged: u64,
    /// Whether these are all rows that the source has.
    pub(crate) is_whole: bool,
}

impl Stager<'_> {
    /// A new batch; what an earlier run staged and never published is abandoned.
    pub(crate) async fn open_batch(&self, tx: &Transaction<'_>) -> anyhow::Result<i64> {
        let (ctx, source) = (self.ctx, &self.source.name);
        landing::withdraw_unpublished(tx, self.source).await?;
        landing::restore_replaced(tx, self.source).await?;
        db::execute(tx, ABANDON_BATCHES, &[source]).await?;
        db::execute(tx, ABANDON_FILES, &[source]).await?;
        if self.must_empty_staging {
            self.empty_staging(tx).await?;
        }
        let parameters: db::Parameters<'_> =
            &[&ctx.run_id, source, &ctx.business_date, &ctx.started_at];
        let batch_id = db::row(tx, INSERT_BATCH, parameters).await?.get(0);
        db::execute(tx, CLEAR_BATCH, &[]).await?;
        db::execute(
            tx,
            SET_BATCH,
            &[&ctx.business_date, &ctx.run_id, &ctx.started_at],
        )
        .await?;
        let retailer = &self.source.retailer;
        let time_zone = retailer.time_zone.name();
        db::execute(
            tx,
            SET_RETAILER,
            &[
                source,
                &retailer.name,
                &time_zone,
                &retailer.currency,
                &retailer.counted_statuses,
                &batch_id,
            ],
        )
        .await?;
        Ok(batch_id)
    }

    /// Takes back what a load left that did not come to its end: rows, rejects, files and batch.
    pub(crate) async fn discard_unfinished(&self) -> anyhow::Result<()> {
        let mut client = self.ctx.client().await?;
        let tx = begin(&mut client).await?;
        for row in db::rows(&tx, LIST_UNFINISHED, &[&self.source.name]).await? {
            let file_ids: Vec<i64> = row.get("file_ids");
            let table_name: &str = row.get("table_name");
            landing::withdraw_unfinished(&tx, self.source, table_name, &file_ids).await?;
        }
        let deleted = db::execute(&tx, DELETE_UNFINISHED, &[&self.source.name]).await?;
        tx.commit()
            .await
            .context("failed to take back an unfinished load")?;
        if deleted > 0 {
            tracing::info!(
                "what an unfinished load of {} left was taken back",
                self.source.name
            );
        }
        Ok(())
    }

    async fn empty_staging(&self, tx: &Transaction<'_>) -> anyhow::Result<()> {
        let entities = db::rows(tx, LIST_ENTITIES, &[]).await?;
        let names: Vec<String> = entities
            .iter()
            .map(|row| format!("staging.{}", row.get::<_, &str>(0)))
            .collect();
        tx.batch_execute(&format!("truncate {}", names.join(", ")))
            .await
            .context("failed to empty staging")
    }

    /// Files that left their snapshot; an appending table keeps what it has.
    pub(crate) async fn mark_vanished(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        batch_id: i64,
    ) -> anyhow::Result<()> {
        let is_snapshot = self.source.tables[&files.table_name].mode == Mode::Snapshot;
        if files.has_vanished && is_snapshot {
            let parameters: db::Parameters<'_> = &[
                &self.source.name,
                &files.table_name,
                &files.paths(),
                &batch_id,
            ];
            db::execute(tx, MARK_VANISHED, parameters).await?;
        }
        Ok(())
    }

    /// A version of a file; its counts follow when it was read.
    pub(crate) async fn insert_file(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        file: &RawFile,
        batch_id: i64,
    ) -> anyhow::Result<i64> {
        let row = db::row(
            tx,
            INSERT_FILE,
            &[
                &batch_id,
                &self.source.name,
                &files.table_name,
                &file.relative,
                &file.content_sha256,
                &files.config_sha256,
                &db::bigint(file.bytes),
                &file.modified_at,
                &file.business_date,
            ],
        )
        .await?;
        Ok(row.get(0))
    }

    /// Read, rejected and staged rows into the ledger.
    pub(crate) async fn record(
        &self,
        tx: &Transaction<'_>,
        batch_id: i64,
        entry: &Entry<'_>,
    ) -> anyhow::Result<()> {
        let numbers = [entry.read, entry.rejected, Some(entry.staged)];
        let [read, rejected, staged] = numbers.map(|it| it.map(db::bigint));
        let Entry {
            layer,
            dataset,
            is_whole,
            ..
        } = entry;
        let parameters: db::Parameters<'_> = &[
            &batch_id, layer, dataset, &read, &rejected, &staged, is_whole,
        ];
        db::execute(tx, INSERT_LEDGER, parameters).await?;
        Ok(())
    }

    /// Whether an entity's SQL makes it of all rows that the source has: of snapshots, each with
    /// all of its records.
    pub(crate) async fn is_made_whole(
        &self,
        tx: &Transaction<'_>,
        entity: &Entity,
    ) -> anyhow::Result<bool> {
        let tables = &self.source.tables;
        let reads_snapshots = entity
            .reads
            .iter()
            .all(|it| tables[it].mode == Mode::Snapshot);
        // Of a range of days, files outside of it may be out of landing.
        if self.selection.is_partial() || entity.reads_new_rows || !reads_snapshots {
            return Ok(false);
        }
        let rejected = db::count(tx, COUNT_REJECTED, &[&self.source.name, &entity.reads]).await?;
        Ok(rejected == 0)
    }
}
