//! Raw files into `landing` and `staging`.
//!
//! Architecture invariant: every input row is loaded once, or rejected with file, line, column and
//! reason; nobody makes anything of a source's batch before all of it is there.

mod batch;
mod bookkeeping;
mod columns;
mod conform;
mod copy;
pub mod detect;
pub mod entity;
mod files;
mod finishing;
mod into;
mod landing;
mod lineage;
mod load;
mod manifest;
mod opening;
mod output;
mod parse;
mod plan;
pub mod read;
mod rows;
pub mod settings;
pub mod source;
mod sqltext;
mod target;
pub mod values;

use std::path::PathBuf;

use chrono::NaiveDate;
use common::{Failure, Program, StageContext, StageReport, Status, Uses, errors};

pub use into::{FileIntoTable, load_into};
pub use output::Counts;

use crate::batch::{Outcome, Stager};
pub use crate::detect::{InitOptions, InspectOptions};
use crate::files::Selection;
use crate::settings::Settings;
use crate::source::Source;

/// What the program is called.
pub const PROGRAM: Program = Program {
    name: "stage",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:\n  \
        stage                                      the sources of [stage] in pipeline.toml\n  \
        stage --source olist --data ~/olist        one source, from a folder of its own\n  \
        stage --source synthetic --dry-run         which files are new\n  \
        stage inspect sales.csv                    what a file is made of\n  \
        stage init teashop --from ~/teashop        a first source.toml for a folder of files",
    uses: Uses::Database,
};

/// Flags of its own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Options {
    /// Something else than loading.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Source to load, by its folder in config/sources (repeat for several)
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,

    /// Load every file again, as if none had been loaded before
    #[arg(long)]
    pub full_refresh: bool,

    /// Only files of this day and later, by the day that their folder names
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,

    /// Only files of this day and earlier
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,

    /// Folder of the raw files, for a single source (default: data/raw/<SOURCE>)
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

impl Options {
    fn selection(&self) -> Selection {
        Selection {
            from: self.from,
            to: self.to,
            full_refresh: self.full_refresh,
        }
    }
}

/// What `stage` does beside loading; none of it needs a database.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Tell what a file is made of: encoding, dialect, columns, oddities
    #[command(after_help = "Examples:\n  \
        stage inspect sales.csv                              what is in it, with a few values\n  \
        stage inspect sales.csv.gz --records 10000           its first records only\n  \
        stage inspect sales.csv --time-zone Europe/Berlin    tells times that the clock skipped\n  \
        stage inspect sales.csv --output json                for programs, without values")]
    Inspect(InspectOptions),
    /// Write a first source.toml for a shop from its files
    #[command(after_help = "Examples:\n  \
        stage init teashop --from ~/teashop --time-zone Europe/Berlin --currency EUR\n  \
        stage init teashop --from ~/teashop --dry-run        show it and write nothing")]
    Init(InitOptions),
}

/// What the program needs for what it was asked to do.
pub fn uses(options: &Options) -> Uses {
    match options.command {
        None => PROGRAM.uses,
        Some(Command::Inspect(_) | Command::Init(_)) => Uses::Itself,
    }
}

/// Loads, or does what the sub-command says.
///
/// # Errors
/// As [`load_sources`], [`detect::run_inspect`] and [`detect::run_init`].
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let has_flags = !options.source.is_empty()
        || options.data.is_some()
        || options.selection() != Selection::default();
    match &options.command {
        Some(_) if has_flags => Err(Failure::usage(
            "--source, --data, --from, --to and --full-refresh of `stage` itself are for loading; \
             leave them out before a sub-command",
        )
        .into()),
        Some(Command::Inspect(options)) => detect::run_inspect(ctx, options),
        Some(Command::Init(options)) => detect::run_init(ctx, options),
        None => load_sources(ctx, options).await,
    }
}

/// Loads the new files of every source; one source's failure stops no other.
///
/// # Errors
/// When all sources failed: the first one's failure.
pub async fn load_sources(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings = Settings::load(ctx)?;
    let names = if options.source.is_empty() {
        &settings.sources
    } else {
        &options.source
    };
    if options.data.is_some() && names.len() != 1 {
        return Err(Failure::usage("--data is for a single source; name it with --source").into());
    }
    let mut report = StageReport::new(ctx);
    let mut outcomes = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        let is_first = outcomes.iter().all(|it| *it == Outcome::NothingNew);
        match stage_source(ctx, &settings, name, options, is_first, &mut report).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                if names.len() > 1 {
                    report.warn(format!(
                        "source {name} failed: {}",
                        errors::describe(&error)
                    ));
                }
                failures.push(error);
            }
        }
    }
    if outcomes.is_empty()
        && let Some(first) = failures.into_iter().next()
    {
        return Err(first);
    }
    report.status = status_of(&outcomes, names.len());
    Ok(report)
}

async fn stage_source(
    ctx: &StageContext,
    settings: &Settings,
    name: &str,
    options: &Options,
    must_empty_staging: bool,
    report: &mut StageReport,
) -> anyhow::Result<Outcome> {
    let source = Source::load(ctx, name)?;
    let folder = options
        .data
        .clone()
        .unwrap_or_else(|| ctx.config.paths.raw_dir().join(name));
    let source = &source;
    Stager {
        ctx,
        settings,
        source,
        selection: &options.selection(),
        folder,
        must_empty_staging,
    }
    .stage(report)
    .await
}

/// `source_count` is larger than the number of outcomes when a source failed.
fn status_of(outcomes: &[Outcome], source_count: usize) -> Status {
    let blocked = outcomes
        .iter()
        .filter(|it| **it == Outcome::Blocked)
        .count();
    if blocked == source_count {
        Status::Blocked
    } else if blocked > 0 || outcomes.len() < source_count {
        Status::Partial
    } else if outcomes.contains(&Outcome::Staged) {
        Status::Succeeded
    } else {
        Status::NothingToDo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_blocked_source_among_several_is_partial() {
        use Outcome::{Blocked, NothingNew, Staged};
        assert_eq!(status_of(&[Blocked], 1), Status::Blocked);
        assert_eq!(status_of(&[Blocked, Staged], 2), Status::Partial);
        assert_eq!(status_of(&[Staged], 2), Status::Partial);
        assert_eq!(status_of(&[Staged, NothingNew], 2), Status::Succeeded);
        assert_eq!(status_of(&[NothingNew], 1), Status::NothingToDo);
    }
}
