//! One source's new files as one batch.
//!
//! In: the source's declaration and its files. Out: landing, staging, quarantine, ledger and the
//! batch's row. The batch is opened in one transaction, its files are copied over several
//! connections, and it is finished in another transaction; until then it is `loading`, and what it
//! brought is taken back when anything fails, or by the next run when the program was killed. The
//! batch is marked loaded by `production`, so that a crash before that loads the files again.

use std::path::PathBuf;

use anyhow::Context as _;
use common::{Failure, Rows, Sql, StageContext, StageReport, Step, db, errors};
use deadpool_postgres::{Object, Transaction};

use crate::bookkeeping::Entry;
use crate::entity::Entity;
use crate::files::{self, Selection, TableFiles};
use crate::opening::Open;
use crate::plan::PlannedTable;
use crate::settings::Settings;
use crate::source::Source;
use crate::{conform, load, plan};

const FINISH_BATCH: Sql = common::sql!("stage/finish_batch.sql");

/// What became of a source in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No file is new.
    NothingNew,
    /// The batch waits for `quality`.
    Staged,
    /// Too many records of a file were rejected.
    Blocked,
}

/// Stages one source.
#[derive(Debug)]
pub(crate) struct Stager<'a> {
    /// The run.
    pub ctx: &'a StageContext,
    /// Limits.
    pub settings: &'a Settings,
    /// The source.
    pub source: &'a Source,
    /// Which of its files.
    pub selection: &'a Selection,
    /// Folder of its raw files.
    pub folder: PathBuf,
    /// Whether staging still holds the rows of an earlier run.
    pub must_empty_staging: bool,
}

impl Stager<'_> {
    /// Loads what is new: opens the batch, loads its files over several connections, finishes it.
    ///
    /// # Errors
    /// Exit code 2 for files and declarations, else as the server says; nothing is kept.
    pub(crate) async fn stage(&self, report: &mut StageReport) -> anyhow::Result<Outcome> {
        let (source, folder) = (self.source.clone(), self.folder.clone());
        // On a thread of its own, so that a slow disk does not keep a signal waiting.
        let selection = *self.selection;
        let looking =
            tokio::task::spawn_blocking(move || files::discover(&source, &folder, &selection));
        let tables = looking.await.context("the look at the files stopped")??;
        let changed = self.find_new(tables, report).await?;
        if changed.is_empty() {
            return Ok(Outcome::NothingNew);
        }
        let (source, settings) = (self.source.clone(), self.settings.clone());
        let planning = tokio::task::spawn_blocking(move || plan::plan(&source, &settings, changed));
        let tables = planning
            .await
            .context("the look at the headers stopped")??;
        if self.ctx.dry_run {
            self.tell(&tables, report);
            return Ok(Outcome::NothingNew);
        }
        self.check_free_space(&tables)?;
        let staged = self.stage_batch(tables, report).await;
        if staged.is_err()
            && let Err(error) = self.discard_unfinished().await
        {
            // The next run does it before it does anything else.
            let reason = errors::describe(&error);
            tracing::warn!(%reason, "an unfinished load was not taken back yet");
        }
        staged
    }

    /// Takes back what a killed load left, and keeps the tables that something is new of.
    async fn find_new(
        &self,
        mut tables: Vec<TableFiles>,
        report: &mut StageReport,
    ) -> anyhow::Result<Vec<TableFiles>> {
        if !self.ctx.dry_run {
            self.discard_unfinished().await?;
        }
        let mut client = self.ctx.client().await?;
        let tx = begin(&mut client).await?;
        files::mark_new(&tx, self.source, self.selection, &mut tables).await?;
        for warning in tables.iter().filter_map(TableFiles::nothing_in_range) {
            report.warn(warning);
        }
        tables.retain(TableFiles::is_changed);
        for table in &tables {
            for warning in table.twins(self.source.tables[&table.table_name].mode) {
                report.warn(warning);
            }
        }
        Ok(tables)
    }

    async fn stage_batch(
        &self,
        tables: Vec<PlannedTable>,
        report: &mut StageReport,
    ) -> anyhow::Result<Outcome> {
        let names: Vec<String> = tables
            .iter()
            .map(|it| it.files.table_name.clone())
            .collect();
        let Open {
            batch_id,
            tables,
            jobs,
        } = self.open(tables).await?;
        let loaded =
            load::load_files(self.ctx, Some(batch_id), jobs, self.settings.copy_streams).await?;
        let is_blocked = loaded
            .iter()
            .any(|it| self.settings.is_blocked(it.counts.read, it.counts.rejected));
        let mut loaded = loaded.into_iter();
        let mut client = self.ctx.client().await?;
        let mut tx = begin(&mut client).await?;
        db::execute(&tx, FINISH_BATCH, &[&batch_id]).await?;
        for table in &tables {
            let loaded = loaded.by_ref().take(table.files.new.len()).collect();
            self.finish_table(&tx, table, batch_id, loaded, is_blocked, report)
                .await?;
        }
        if !is_blocked {
            self.conform_changed(&mut tx, &names, batch_id, report)
                .await?;
        }
        tx.commit().await.context("failed to commit the batch")?;
        Ok(if is_blocked {
            Outcome::Blocked
        } else {
            Outcome::Staged
        })
    }

    fn tell(&self, tables: &[PlannedTable], report: &mut StageReport) {
        for table in tables {
            for file in table.new.iter().map(|it| &it.file) {
                let name = format!("would load {} ({} bytes)", file.relative, file.bytes);
                let relation = self.source.landing_table(&table.files.table_name);
                report.finish(Step::begin(name).relation(relation), Rows::default());
            }
        }
    }

    /// On a full volume even the removal of rows fails: there must be room for the files twice.
    fn check_free_space(&self, tables: &[PlannedTable]) -> anyhow::Result<()> {
        let Some(free_bytes) = self.ctx.embedded_free_bytes()? else {
            return Ok(());
        };
        let new = tables.iter().flat_map(|it| &it.new);
        let needed_bytes = 2 * new.map(|it| it.file.unpacked_bytes_guess()).sum::<u64>();
        if needed_bytes <= free_bytes {
            return Ok(());
        }
        Err(Failure::permanent(format!(
            "the files need up to {needed_bytes} bytes in the database, but its volume has \
             {free_bytes} left; make room, then run again"
        ))
        .into())
    }

    /// Entities whose SQL reads one of the tables.
    pub(crate) fn entities_of(&self, tables: &[String]) -> impl Iterator<Item = &Entity> {
        let entities = self.source.entities.iter();
        entities.filter(|it| it.reads.iter().any(|name| tables.contains(name)))
    }

    async fn conform_changed(
        &self,
        tx: &mut Transaction<'_>,
        changed: &[String],
        batch_id: i64,
        report: &mut StageReport,
    ) -> anyhow::Result<()> {
        for entity in self.entities_of(changed) {
            let relation = format!("staging.{}", entity.name);
            let step = Step::begin(format!("conform {}", entity.name)).relation(relation);
            let count = conform::conform(self.ctx, tx, self.source, entity, batch_id).await?;
            report.finish(
                step,
                Rows {
                    input: count,
                    inserted: count,
                    ..Rows::default()
                },
            );
            let entry = Entry {
                layer: "staging",
                dataset: &entity.name,
                read: None,
                rejected: None,
                staged: count,
                is_whole: self.is_made_whole(tx, entity).await?,
            };
            self.record(tx, batch_id, &entry).await?;
        }
        Ok(())
    }
}

/// A transaction under the writer lock.
pub(crate) async fn begin(client: &mut Object) -> anyhow::Result<Transaction<'_>> {
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    db::writer_lock(&tx).await?;
    Ok(tx)
}
