//! The transaction that finishes a batch: older rows go, counts are written down.

use common::{Rows, Sql, StageReport, Step, db};
use deadpool_postgres::Transaction;

use crate::batch::Stager;
use crate::bookkeeping::Entry;
use crate::files::{RawFile, TableFiles};
use crate::landing;
use crate::load::Loaded;
use crate::opening::OpenTable;
use crate::output::Counts;
use crate::source::{Mode, Table};

const UPDATE_FILE: Sql = common::sql!("stage/update_raw_file.sql");
const BLOCK_BATCH: Sql = common::sql!("stage/block_batch.sql");

impl Stager<'_> {
    /// Takes the rows of older versions away, or those of a blocked batch, and writes down what the
    /// files held.
    ///
    /// # Errors
    /// As the server says.
    pub(crate) async fn finish_table(
        &self,
        tx: &Transaction<'_>,
        open: &OpenTable,
        batch_id: i64,
        loaded: Vec<Loaded>,
        is_blocked: bool,
        report: &mut StageReport,
    ) -> anyhow::Result<()> {
        let files = &open.files;
        let table = &self.source.tables[&files.table_name];
        if is_blocked {
            // The rows of before stay what landing shows.
            landing::withdraw(tx, self.source, &files.table_name, &open.file_ids).await?;
        } else {
            self.replace_rows(tx, open, table, batch_id, report).await?;
            self.mark_vanished(tx, files, batch_id).await?;
        }
        for warning in &open.warnings {
            report.warn(format!("source {}: {warning}", self.source.name));
        }
        let mut total = Counts::default();
        let done = open.file_ids.iter().zip(files.new_files()).zip(loaded);
        for ((file_id, file), Loaded { step, counts }) in done {
            let numbers = [counts.read, counts.loaded, counts.rejected].map(db::bigint);
            let [read, loaded, rejected] = &numbers;
            db::execute(tx, UPDATE_FILE, &[file_id, read, loaded, rejected]).await?;
            let rows = Rows {
                input: counts.read,
                inserted: counts.loaded,
                quarantined: counts.rejected,
                ..Rows::default()
            };
            report.finish(step, rows);
            self.warn(table, file, counts, report);
            self.block(tx, batch_id, file, counts, report).await?;
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
            is_whole: self.is_whole(files, table) && total.rejected == 0,
        };
        self.record(tx, batch_id, &entry).await
    }

    /// Whether the files are all that the source has of the table's dataset.
    fn is_whole(&self, files: &TableFiles, table: &Table) -> bool {
        let others = self.source.tables.iter().filter(|(name, other)| {
            **name != files.table_name && other.entity.is_some() && other.entity == table.entity
        });
        table.mode == Mode::Snapshot && !files.is_partial && others.count() == 0
    }

    /// The batch's rows take the place of those that they replace.
    async fn replace_rows(
        &self,
        tx: &Transaction<'_>,
        open: &OpenTable,
        table: &Table,
        batch_id: i64,
        report: &mut StageReport,
    ) -> anyhow::Result<()> {
        if table.entity.is_some() {
            return Ok(());
        }
        let (source, name) = (self.source, &open.files.table_name);
        let step =
            Step::begin(format!("replace rows of {name}")).relation(source.landing_table(name));
        let mut deleted = landing::clear(tx, source, &open.files, &open.file_ids).await?;
        if table.mode == Mode::Upsert {
            deleted +=
                landing::remove_superseded(tx, source, name, table, batch_id, &open.file_ids)
                    .await?;
        }
        if deleted > 0 {
            let rows = Rows {
                deleted,
                ..Rows::default()
            };
            report.finish(step, rows);
        }
        Ok(())
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
    ) -> anyhow::Result<()> {
        if !self.settings.is_blocked(counts.read, counts.rejected) {
            return Ok(());
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
        Ok(())
    }
}
