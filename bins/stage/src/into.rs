//! One file into any table, by the loader's own way and without its books.
//!
//! In: a file of a source, and a table that somebody made. `bench/stage.sh` measures it beside
//! `psql \copy`, which keeps no books either.

use std::path::Path;

use anyhow::Context as _;
use common::{Failure, StageContext, progress};

use crate::copy::Target;
use crate::files;
use crate::landing;
use crate::lineage::Lineage;
use crate::load::{self, Job};
use crate::output::Counts;
use crate::parse::FileParser;
use crate::plan;
use crate::settings::Settings;
use crate::source::Source;

/// A file, and the table that its rows go to.
#[derive(Debug, Clone, Copy)]
pub struct FileIntoTable<'a> {
    /// The source's table that says how the file is read.
    pub table_name: &'a str,
    /// The file.
    pub path: &'a Path,
    /// Schema of a table that has at least the columns of the source's table, of their types.
    pub schema: &'a str,
    /// That table.
    pub table: &'a str,
    /// Whether its rows also take `file_id` (always 0), `source_line` and `record_number`.
    pub with_lineage: bool,
}

/// Adds the rows of a file to a table, over `copy_streams` connections. Nothing is written down
/// about it, and each connection commits on its own.
///
/// # Errors
/// Exit code 2 for the file or one of its records: none may be rejected; else as the server says.
pub async fn load_into(
    ctx: &StageContext,
    source: &Source,
    into: &FileIntoTable<'_>,
) -> anyhow::Result<Counts> {
    let settings = Settings::load(ctx)?;
    let job = job(source, &settings, into)?;
    let loaded = load::load_files(ctx, None, vec![job], settings.copy_streams).await?;
    Ok(loaded.first().map(|it| it.counts).unwrap_or_default())
}

fn job(source: &Source, settings: &Settings, into: &FileIntoTable<'_>) -> anyhow::Result<Job> {
    let Some(table) = source.tables.get(into.table_name) else {
        return Err(Failure::usage(format!(
            "source `{}` has no table `{}`",
            source.name, into.table_name
        ))
        .into());
    };
    let explain = || format!("failed to load `{}`", into.path.display());
    let file = files::single(into.path, table)?;
    let planned = plan::plan_file(source, settings, table.clone(), &file).with_context(explain)?;
    let own = planned.matched.columns.iter().map(|it| it.name.as_str());
    let lineage = landing::TECHNICAL_COLUMNS.iter().map(|(name, ..)| *name);
    let lineage = lineage.filter(|_| into.with_lineage);
    let target = Target {
        schema: into.schema.to_owned(),
        table: into.table.to_owned(),
        columns: own.chain(lineage).map(str::to_owned).collect(),
    };
    Ok(Job {
        parser: FileParser {
            planned,
            settings: settings.clone(),
            drifted_types: source.schema_drift.types,
            lineage: if into.with_lineage {
                Lineage::Landing { file_id: 0 }
            } else {
                Lineage::Absent
            },
            bar: progress::Bar::bytes(into.table, file.bytes),
        },
        source: source.name.clone(),
        dataset: into.table.to_owned(),
        target,
    })
}
