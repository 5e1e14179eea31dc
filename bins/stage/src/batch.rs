//! One source's new files as one batch.
//!
//! In: the source's declaration and its files. Out: landing, staging, quarantine, ledger and the
//! batch's row. The batch is opened in one transaction, its files are copied over several
//! connections, and it is finished in another transaction; until then it is `loading`, and what it
//! brought is taken back when anything fails, or by the next run when the program was killed. The
//! batch is marked loaded by `production`, so that a crash before that loads the files again.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use common::{Rows, Sql, StageContext, StageReport, Step, db, errors};
use deadpool_postgres::{Object, Transaction};

use crate::bookkeeping::Entry;
use crate::copy::Target;
use crate::entity::Entity;
use crate::files::{self, RawFile, Selection, TableFiles};
use crate::load::{self, Job, Loaded};
use crate::parse::{Constants, Counts, FileParser, StagingConstants};
use crate::settings::Settings;
use crate::source::{Mode, Source, Table};
use crate::{conform, landing, target};

const UPDATE_FILE: Sql = common::sql!("stage/update_raw_file.sql");
const BLOCK_BATCH: Sql = common::sql!("stage/block_batch.sql");
const FINISH_BATCH: Sql = common::sql!("stage/finish_batch.sql");

/// Bits of a `row_id` that number the rows of one file; those above number the file.
const ROW_BITS: u32 = 40;

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

/// A batch whose files are to be loaded.
struct Open {
    batch_id: i64,
    jobs: Vec<Job>,
}

/// A file of the batch that was loaded.
struct Done<'a> {
    file_id: i64,
    file: &'a RawFile,
    loaded: Loaded,
}

impl Stager<'_> {
    /// Loads what is new: opens the batch, loads its files over several connections, finishes it.
    ///
    /// # Errors
    /// Exit code 2 for files and declarations, else as the server says; nothing is kept.
    pub(crate) async fn stage(&self, report: &mut StageReport) -> anyhow::Result<Outcome> {
        let (source, folder) = (self.source.clone(), self.folder.clone());
        // On a thread of its own, so that a slow disk does not keep a signal waiting.
        let selection = self.selection.clone();
        let looking =
            tokio::task::spawn_blocking(move || files::discover(&source, &folder, &selection));
        let mut tables = looking.await.context("the look at the files stopped")??;
        self.find_new(&mut tables).await?;
        if tables.is_empty() {
            return Ok(Outcome::NothingNew);
        }
        if self.ctx.dry_run {
            self.tell(&tables, report);
            return Ok(Outcome::NothingNew);
        }
        let staged = self.stage_batch(&tables, report).await;
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
    async fn find_new(&self, tables: &mut Vec<TableFiles>) -> anyhow::Result<()> {
        if !self.ctx.dry_run {
            self.discard_unfinished().await?;
        }
        let mut client = self.ctx.client().await?;
        let tx = begin(&mut client).await?;
        files::mark_new(&tx, self.source, self.selection, tables).await?;
        tables.retain(TableFiles::is_changed);
        Ok(())
    }

    async fn stage_batch(
        &self,
        tables: &[TableFiles],
        report: &mut StageReport,
    ) -> anyhow::Result<Outcome> {
        let Open { batch_id, jobs } = self.open(tables).await?;
        let file_ids: Vec<i64> = jobs.iter().map(|it| it.parser.constants.file_id).collect();
        let streams = self.settings.copy_streams;
        let loaded = load::load_files(self.ctx, batch_id, jobs, streams).await?;
        let mut done = file_ids.into_iter().zip(loaded);
        let mut client = self.ctx.client().await?;
        let mut tx = begin(&mut client).await?;
        let mut is_blocked = false;
        db::execute(&tx, FINISH_BATCH, &[&batch_id]).await?;
        for files in tables {
            let done = files
                .new_files()
                .zip(done.by_ref())
                .map(|(file, (file_id, loaded))| Done {
                    file_id,
                    file,
                    loaded,
                })
                .collect();
            is_blocked |= self
                .finish_table(&tx, files, batch_id, done, report)
                .await?;
        }
        if !is_blocked {
            self.conform_changed(&mut tx, tables, batch_id, report)
                .await?;
        }
        tx.commit().await.context("failed to commit the batch")?;
        Ok(if is_blocked {
            Outcome::Blocked
        } else {
            Outcome::Staged
        })
    }

    fn tell(&self, tables: &[TableFiles], report: &mut StageReport) {
        for table in tables {
            for file in table.new.iter().map(|it| &table.present[*it]) {
                let name = format!("would load {} ({} bytes)", file.relative, file.bytes);
                let step = Step::begin(name).relation(self.source.landing_table(&table.table_name));
                report.finish(step, Rows::default());
            }
        }
    }

    /// Opens the batch, makes room for its rows and says what is to be loaded.
    async fn open(&self, tables: &[TableFiles]) -> anyhow::Result<Open> {
        let mut client = self.ctx.client().await?;
        let tx = begin(&mut client).await?;
        let batch_id = self.open_batch(&tx).await?;
        let mut jobs = Vec::new();
        // Several tables may feed one entity.
        let mut file_numbers: HashMap<String, i64> = HashMap::new();
        for files in tables {
            let table = &self.source.tables[&files.table_name];
            if table.entity.is_none() {
                landing::prepare(&tx, self.source, &files.table_name, table, files.is_partial)
                    .await?;
            }
            let target = target::choose(&tx, self.source, &files.table_name, table).await?;
            for file in files.new_files() {
                let file_id = self.insert_file(&tx, files, file, batch_id).await?;
                let number = file_numbers.entry(target.name()).or_default();
                jobs.push(self.job(batch_id, file_id, *number, table, file, &target));
                *number += 1;
            }
        }
        for entity in self.touched_entities(tables) {
            conform::selected_columns(&tx, entity).await?;
        }
        tx.commit().await.context("failed to open the batch")?;
        Ok(Open { batch_id, jobs })
    }

    /// Entities whose SQL reads one of the tables.
    fn touched_entities(&self, changed: &[TableFiles]) -> impl Iterator<Item = &Entity> {
        self.source.entities.iter().filter(|entity| {
            let mut reads = entity.reads.iter();
            reads.any(|name| changed.iter().any(|it| it.table_name == *name))
        })
    }

    fn job(
        &self,
        batch_id: i64,
        file_id: i64,
        file_number: i64,
        table: &Table,
        file: &RawFile,
        target: &Target,
    ) -> Job {
        let staging = table.entity.is_some().then(|| StagingConstants {
            source: self.source.name.clone(),
            batch_id,
            first_row_id: (file_number << ROW_BITS) + 1,
            loaded_at: self.ctx.started_at,
        });
        let parser = FileParser {
            source: self.source.clone(),
            table: table.clone(),
            file: file.clone(),
            settings: self.settings.clone(),
            constants: Constants { file_id, staging },
        };
        let dataset = table.entity.clone().unwrap_or_else(|| target.table.clone());
        Job {
            parser,
            target: target.clone(),
            dataset,
        }
    }

    /// Takes the rows of older versions away and writes down what the files held; true where the
    /// batch is blocked.
    async fn finish_table(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        batch_id: i64,
        done: Vec<Done<'_>>,
        report: &mut StageReport,
    ) -> anyhow::Result<bool> {
        let table = &self.source.tables[&files.table_name];
        let file_ids: Vec<i64> = done.iter().map(|it| it.file_id).collect();
        if table.entity.is_none() {
            landing::clear(tx, self.source, files, &file_ids).await?;
        }
        self.abandon_vanished(tx, files).await?;
        let (mut total, mut is_blocked) = (Counts::default(), false);
        for Done {
            file_id,
            file,
            loaded: Loaded { step, counts },
        } in done
        {
            let numbers = [counts.read, counts.loaded, counts.rejected].map(db::bigint);
            let [read, loaded, rejected] = &numbers;
            db::execute(tx, UPDATE_FILE, &[&file_id, read, loaded, rejected]).await?;
            let rows = Rows {
                input: counts.read,
                inserted: counts.loaded,
                quarantined: counts.rejected,
                ..Rows::default()
            };
            report.finish(step, rows);
            self.warn(table, file, counts, report);
            is_blocked |= self.block(tx, batch_id, file, counts, report).await?;
            total.read += counts.read;
            total.loaded += counts.loaded;
            total.rejected += counts.rejected;
        }
        let landing_table = self.source.landing_table(&files.table_name);
        let (layer, dataset) = match &table.entity {
            Some(entity) => ("staging", entity.as_str()),
            None => ("landing", landing_table.as_str()),
        };
        let entry = Entry {
            layer,
            dataset,
            read: Some(total.read),
            rejected: Some(total.rejected),
            staged: total.loaded,
            is_whole: table.mode == Mode::Snapshot && !files.is_partial && total.rejected == 0,
        };
        self.record(tx, batch_id, &entry).await?;
        Ok(is_blocked)
    }

    fn warn(&self, table: &Table, file: &RawFile, counts: Counts, report: &mut StageReport) {
        let (source, path) = (&self.source.name, &file.relative);
        if counts.rejected > 0 {
            report.warn(format!(
                "{} of {} records of {source}/{path} do not parse; see ops.quarantine",
                counts.rejected, counts.read
            ));
        }
        if counts.moved_out_of_gap > 0 && !table.has_gap_times {
            report.warn(format!(
                "{} local times of {source}/{path} do not exist, because the clock was changed; \
                 they moved to the end of the gap",
                counts.moved_out_of_gap
            ));
        }
    }

    /// A file with too many rejected records blocks the whole batch instead of draining it.
    async fn block(
        &self,
        tx: &Transaction<'_>,
        batch_id: i64,
        file: &RawFile,
        counts: Counts,
        report: &mut StageReport,
    ) -> anyhow::Result<bool> {
        if !self.settings.is_blocked(counts.read, counts.rejected) {
            return Ok(false);
        }
        db::execute(tx, BLOCK_BATCH, &[&batch_id, &self.ctx.started_at]).await?;
        report.warn(format!(
            "source {} is blocked: {} of {} records of {} do not parse, at most {} % may; mend the \
             file or its source.toml, then run again",
            self.source.name,
            counts.rejected,
            counts.read,
            file.relative,
            self.settings.rejected_share_max * 100.0
        ));
        Ok(true)
    }

    async fn conform_changed(
        &self,
        tx: &mut Transaction<'_>,
        changed: &[TableFiles],
        batch_id: i64,
        report: &mut StageReport,
    ) -> anyhow::Result<()> {
        for entity in self.touched_entities(changed) {
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
