//! The transaction that opens a batch: its row, its files, and room for their rows.

use std::collections::HashMap;

use anyhow::Context as _;
use common::progress;
use deadpool_postgres::Transaction;

use crate::batch::{Stager, begin};
use crate::copy::Target;
use crate::files::TableFiles;
use crate::lineage::{Lineage, Staged};
use crate::load::Job;
use crate::parse::FileParser;
use crate::plan::{Planned, PlannedTable};
use crate::{conform, landing, target};

/// Bits of a `row_id` that number the rows of one file; those above number the file.
const ROW_BITS: u32 = 40;

/// A batch whose files are to be loaded.
pub(crate) struct Open {
    /// Its number.
    pub batch_id: i64,
    /// Its tables, without their plans.
    pub tables: Vec<OpenTable>,
    /// What is to be loaded, in the order of the tables and their new files.
    pub jobs: Vec<Job>,
}

/// A table of the batch.
pub(crate) struct OpenTable {
    /// Its files.
    pub files: TableFiles,
    /// The versions of its new files, in their order.
    pub file_ids: Vec<i64>,
    /// What people should know of these files.
    pub warnings: Vec<String>,
}

impl Stager<'_> {
    /// Opens the batch and says what is to be loaded. A source's SQL that cannot run is found here,
    /// before anything is loaded for it.
    ///
    /// # Errors
    /// Exit code 2 for a declaration or SQL that does not fit, else as the server says.
    pub(crate) async fn open(&self, planned: Vec<PlannedTable>) -> anyhow::Result<Open> {
        let mut client = self.ctx.client().await?;
        let tx = begin(&mut client).await?;
        let batch_id = self.open_batch(&tx).await?;
        let bytes = planned
            .iter()
            .flat_map(|it| &it.new)
            .map(|it| it.file.bytes);
        let bar = progress::Bar::bytes(&self.source.name, bytes.sum());
        let (mut tables, mut jobs) = (Vec::new(), Vec::new());
        // Several tables may feed one entity.
        let mut file_numbers: HashMap<String, i64> = HashMap::new();
        for PlannedTable { files, new } in planned {
            self.make_room(&tx, &files, &new).await?;
            let (mut file_ids, mut warnings) = (Vec::new(), Vec::new());
            for planned in new {
                let file_id = self
                    .insert_file(&tx, &files, &planned.file, batch_id)
                    .await?;
                file_ids.push(file_id);
                warnings.extend_from_slice(&planned.matched.warnings);
                let target = target::of(self.source, &files.table_name, &planned);
                let number = file_numbers.entry(target.name()).or_default();
                let lineage = self.lineage(batch_id, file_id, *number, &planned);
                *number += 1;
                jobs.push(self.job(planned, lineage, target, bar.clone()));
            }
            tables.push(OpenTable {
                files,
                file_ids,
                warnings,
            });
        }
        let names: Vec<String> = tables
            .iter()
            .map(|it| it.files.table_name.clone())
            .collect();
        for entity in self.entities_of(&names) {
            for name in &entity.reads {
                landing::create_missing(&tx, self.source, name).await?;
            }
            conform::selected_columns(&tx, entity).await?;
        }
        tx.commit().await.context("failed to open the batch")?;
        Ok(Open {
            batch_id,
            tables,
            jobs,
        })
    }

    /// A landing table that fits its declaration and its files; an entity is there already.
    async fn make_room(
        &self,
        tx: &Transaction<'_>,
        files: &TableFiles,
        new: &[Planned],
    ) -> anyhow::Result<()> {
        let (source, name) = (self.source, &files.table_name);
        let table = &source.tables[name];
        if let Some(entity) = &table.entity {
            return target::check_entity(tx, source, name, table, entity).await;
        }
        landing::prepare(tx, source, name, table, files.is_partial).await?;
        for planned in new {
            let day = planned.file.business_date.unwrap_or(self.ctx.business_date);
            let evolved = &planned.matched.evolved;
            landing::evolve(tx, source, name, evolved, day, &planned.file.relative).await?;
        }
        Ok(())
    }

    fn lineage(&self, batch_id: i64, file_id: i64, file_number: i64, planned: &Planned) -> Lineage {
        if planned.table.entity.is_none() {
            return Lineage::Landing { file_id };
        }
        Lineage::Staging(Staged {
            file_id,
            source: self.source.name.clone(),
            batch_id,
            first_row_id: (file_number << ROW_BITS) + 1,
            loaded_at: self.ctx.started_at,
        })
    }

    fn job(&self, planned: Planned, lineage: Lineage, target: Target, bar: progress::Bar) -> Job {
        let entity = planned.table.entity.clone();
        let parser = FileParser {
            planned,
            settings: self.settings.clone(),
            drifted_types: self.source.schema_drift.types,
            lineage,
            bar,
        };
        Job {
            parser,
            source: self.source.name.clone(),
            dataset: entity.unwrap_or_else(|| target.table.clone()),
            target,
        }
    }
}
