//! What a file is made of, guessed: `stage inspect` tells it, `stage init` writes it down.
//!
//! Architecture invariant: guesses are made here and nowhere else. A load follows `source.toml`;
//! nothing of this module runs in it. Every guess is tried on the whole file, with the reader that
//! loads it, before it is told. Values of a file are shown on the terminal of whoever asks, and
//! never logged.

mod column;
mod comments;
mod conclude;
mod declare;
mod dialect;
mod flags;
mod init;
mod inspect;
mod layout;
mod nulls;
mod numbers;
mod oddities;
mod profile;
mod show;
mod split;
mod survey;
mod times;
mod trial;

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use common::{Failure, OutputFormat, Rows, StageContext, StageReport, Step, console};

use crate::read::Limits;
use crate::settings::Settings;

use column::Eyes;
use inspect::Effort;
use times::Formats;

pub use init::{declare, run as run_init};

// A doc comment here would replace the text of --help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct InspectOptions {
    /// The file; one that ends in .gz or .zst is unpacked while it is read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Most records to look at
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    pub records: u64,

    /// Zone of local times, such as Europe/Berlin: tells times that its clock skipped
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<Tz>,

    /// Values of the file in the JSON output too; they may be personal data
    #[arg(long)]
    pub samples: bool,
}

// As above.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct InitOptions {
    /// Name of the new source: small letters, digits and single underscores
    #[arg(value_name = "SOURCE")]
    pub source: String,

    /// Folder with the shop's files
    #[arg(long, value_name = "FOLDER")]
    pub from: PathBuf,

    /// The shop's name for people (default: the source's)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Zone of the shop's days and local times, such as Europe/Berlin (default: UTC)
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<Tz>,

    /// Currency of amounts that name none, such as USD (default: EUR)
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,

    /// Write over a source.toml that is there
    #[arg(long)]
    pub force: bool,

    /// Most records to look at in each file
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    pub records: u64,
}

/// Tells what a file is made of.
///
/// # Errors
/// When it cannot be read; exit code 2 when it is empty.
pub fn run_inspect(ctx: &StageContext, options: &InspectOptions) -> anyhow::Result<StageReport> {
    let mut report = StageReport::new(ctx);
    let step = Step::begin("inspect").relation(options.file.to_string_lossy());
    let effort = effort(ctx, options.time_zone, options.records)?;
    if !options.file.is_file() {
        let path = options.file.display();
        return Err(Failure::usage(format!("there is no file `{path}`")).into());
    }
    let inspected = inspect::inspect(&options.file, &effort)?;
    if ctx.output == OutputFormat::Text {
        console::print(&show::text(&inspected, &effort.eyes))?;
    }
    report.findings = Some(show::json(&inspected, &effort.eyes, options.samples));
    let rows = Rows {
        input: inspected.profile.records,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

fn effort(ctx: &StageContext, time_zone: Option<Tz>, records_max: u64) -> anyhow::Result<Effort> {
    let settings = Settings::load(ctx)?;
    Ok(Effort {
        columns_max: settings.columns_max,
        ..effort_within(settings.limits(), time_zone, records_max)
    })
}

fn effort_within(limits: Limits, time_zone: Option<Tz>, records_max: u64) -> Effort {
    let formats = Formats::usual();
    Effort {
        eyes: Eyes { formats, time_zone },
        limits,
        records_max,
        columns_max: Settings::default().columns_max,
    }
}

/// What `stage inspect` tells of a file: for people, and for programs with values of the file.
///
/// # Errors
/// As [`run_inspect`].
pub fn describe(
    path: &Path,
    limits: &Limits,
    records_max: u64,
) -> anyhow::Result<(String, serde_json::Value)> {
    let effort = effort_within(limits.clone(), None, records_max);
    let inspected = inspect::inspect(path, &effort)?;
    let text = show::text(&inspected, &effort.eyes);
    Ok((text, show::json(&inspected, &effort.eyes, true)))
}
