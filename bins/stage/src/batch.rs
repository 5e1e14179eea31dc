//! One source's new files as one batch, in one transaction.
//!
//! In: the source's declaration and its files. Out: landing, staging, quarantine, ledger and the
//! batch's row; all of it or nothing. The batch is marked loaded by `production`, so that a crash
//! before that loads the files again.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use common::{Failure, Rows, Sql, StageContext, StageReport, Step, db};
use deadpool_postgres::Transaction;

use crate::bookkeeping::Entry;
use crate::columns::sql_type;
use crate::files::{self, RawFile, Selection, TableFiles};
use crate::load::{self, Target};
use crate::parse::{Constants, Counts, FileParser, StagingConstants};
use crate::settings::Settings;
use crate::source::{Mode, Source, Table};
use crate::{conform, landing};

const UPDATE_FILE: Sql = common::sql!("stage/update_raw_file.sql");
const BLOCK_BATCH: Sql = common::sql!("stage/block_batch.sql");

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
    /// Folder of its raw files.
    pub folder: PathBuf,
    /// Whether staging still holds the rows of an earlier run.
    pub must_empty_staging: bool,
}

/// A batch that is being staged.
pub(crate) struct Open {
    pub(crate) batch_id: i64,
    pub(crate) is_blocked: bool,
    /// Rows of each table so far: several files, or tables, may feed one entity.
    pub(crate) staged: HashMap<String, u64>,
}

impl Stager<'_> {
    /// Loads what is new and commits it.
    ///
    /// # Errors
    /// Exit code 2 for files and declarations, else as the server says; nothing is kept.
    pub(crate) async fn stage(&self, report: &mut StageReport) -> anyhow::Result<Outcome> {
        let (source, folder) = (self.source.clone(), self.folder.clone());
        // On a thread of its own, so that a slow disk does not keep a signal waiting.
        let looking = tokio::task::spawn_blocking(move || {
            files::discover(&source, &folder, &Selection::default())
        });
        let mut tables = looking.await.context("the look at the files stopped")??;
        let mut client = self.ctx.client().await?;
        let mut tx = client
            .transaction()
            .await
            .context("failed to open a transaction")?;
        db::writer_lock(&tx).await?;
        files::mark_new(&tx, self.source, &Selection::default(), &mut tables).await?;
        for warning in tables.iter().filter_map(TableFiles::nothing_in_range) {
            report.warn(warning);
        }
        tables.retain(TableFiles::is_changed);
        if tables.is_empty() {
            return Ok(Outcome::NothingNew);
        }
        if self.ctx.dry_run {
            self.tell(&tables, report);
            return Ok(Outcome::NothingNew);
        }
        let mut open = self.open(&tx).await?;
        for files in &tables {
            self.load_table(&tx, files, &mut open, report).await?;
        }
        if !open.is_blocked {
            self.conform_changed(&mut tx, &tables, open.batch_id, report)
                .await?;
        }
        tx.commit().await.context("failed to commit the batch")?;
        Ok(if open.is_blocked {
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

    async fn load_table(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        open: &mut Open,
        report: &mut StageReport,
    ) -> anyhow::Result<()> {
        let table = &self.source.tables[&files.table_name];
        if table.entity.is_none() {
            landing::prepare(tx, self.source, &files.table_name, table, files.is_partial).await?;
            landing::clear(tx, self.source, files, &[]).await?;
        }
        self.abandon_vanished(tx, files).await?;
        let target = self.target(tx, &files.table_name, table).await?;
        let mut total = Counts::default();
        let mut file_ids = Vec::new();
        for file in files.new.iter().map(|it| &files.present[*it]) {
            let step = Step::begin(format!("load {}", file.relative)).relation(target.name());
            let staged = open.staged.entry(target.name()).or_default();
            let (file_id, counts) = self
                .load_file(tx, files, file, &target, open.batch_id, *staged)
                .await?;
            *staged += counts.loaded;
            file_ids.push(file_id);
            report.finish(
                step,
                Rows {
                    input: counts.read,
                    inserted: counts.loaded,
                    quarantined: counts.rejected,
                    ..Rows::default()
                },
            );
            self.warn(table, file, counts, report);
            open.is_blocked |= self.block(tx, open.batch_id, file, counts, report).await?;
            total.read += counts.read;
            total.loaded += counts.loaded;
            total.rejected += counts.rejected;
        }
        if table.entity.is_none() && table.mode == Mode::Upsert {
            let name = &files.table_name;
            landing::remove_superseded(tx, self.source, name, table, &file_ids).await?;
        }
        let (layer, dataset) = match &table.entity {
            Some(entity) => ("staging", entity.as_str()),
            None => ("landing", target.table.as_str()),
        };
        let entry = Entry {
            layer,
            dataset,
            read: Some(total.read),
            rejected: Some(total.rejected),
            staged: total.loaded,
            is_whole: table.mode == Mode::Snapshot && !files.is_partial && total.rejected == 0,
        };
        self.record(tx, open.batch_id, &entry).await
    }

    async fn load_file(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        file: &RawFile,
        target: &Target,
        batch_id: i64,
        staged_before: u64,
    ) -> anyhow::Result<(i64, Counts)> {
        let table = &self.source.tables[&files.table_name];
        let file_id: i64 = self.insert_file(tx, files, file, batch_id).await?;
        let staging = table.entity.is_some().then(|| StagingConstants {
            source: self.source.name.clone(),
            batch_id,
            first_row_id: db::bigint(staged_before) + 1,
            loaded_at: self.ctx.started_at,
        });
        let parser = FileParser {
            source: self.source.clone(),
            table: table.clone(),
            file: file.clone(),
            settings: self.settings.clone(),
            constants: Constants { file_id, staging },
        };
        let counts = load::load_file(self.ctx, tx, parser, target, batch_id).await?;
        let numbers = [counts.read, counts.loaded, counts.rejected].map(db::bigint);
        let [read, loaded, rejected] = &numbers;
        db::execute(tx, UPDATE_FILE, &[&file_id, read, loaded, rejected]).await?;
        Ok((file_id, counts))
    }

    /// Table and columns, after a check that an entity has what the declaration names.
    async fn target(
        &self,
        tx: &Transaction<'_>,
        table_name: &str,
        table: &Table,
    ) -> anyhow::Result<Target> {
        let own = table.columns.keys().map(String::as_str);
        let Some(entity) = &table.entity else {
            let technical = landing::TECHNICAL_COLUMNS.iter().map(|(name, ..)| *name);
            let columns = own.chain(technical).map(str::to_owned).collect();
            let name = self.source.landing_table(table_name);
            return Ok(Target {
                schema: "landing",
                table: name,
                columns,
            });
        };
        let existing = landing::columns_of(tx, "staging", entity).await?;
        let source_toml = self.source.folder.join("source.toml");
        for (name, column) in &table.columns {
            let wanted = sql_type(column.options().kind);
            let problem = match existing.get(name) {
                Some(kind) if kind == wanted => continue,
                Some(kind) => {
                    format!("column `{name}` of entity `{entity}` is {kind}, not {wanted}")
                }
                None => {
                    let hint =
                        common::config::nearest_hint(name, existing.keys().map(String::as_str));
                    format!("entity `{entity}` has no column `{name}`{hint}")
                }
            };
            let place = source_toml.display();
            return Err(
                Failure::usage(format!("in `{place}`, table `{table_name}`: {problem}")).into(),
            );
        }
        let technical = [
            "source",
            "batch_id",
            "row_id",
            "file_id",
            "source_line",
            "loaded_at",
        ];
        let columns = own.chain(technical).map(str::to_owned).collect();
        Ok(Target {
            schema: "staging",
            table: entity.clone(),
            columns,
        })
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
        for entity in &self.source.entities {
            let is_touched = entity
                .reads
                .iter()
                .any(|name| changed.iter().any(|it| it.table_name == *name));
            if !is_touched {
                continue;
            }
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
