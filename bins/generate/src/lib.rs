//! The synthetic shop's raw files: a simulated shop with all that it tells of itself.
//!
//! In: settings and a seed. Out: files for every entity, `generation_metadata.json`, and labels of
//! the faults that were asked for.
//!
//! Architecture invariant: the same seed and settings give the same bytes, for any number of
//! threads; the clock is read for `generated_at` alone. Files appear when all of them are complete.

mod calendar;
mod faults;
mod ids;
mod members;
mod metadata;
mod money;
mod orders;
mod output;
mod random;
mod realism;
pub mod settings;
mod shop;
mod stock;
mod time;

use std::path::PathBuf;

use chrono::NaiveDate;
use common::progress::Bar;
use common::{Failure, Program, Rows, StageContext, StageReport, Step, Uses};

use crate::faults::FaultPlan;
pub use crate::faults::{FaultRate, Kind};
use crate::metadata::{METADATA_FILE, Metadata, files_of_earlier_run, remove_leftovers};
use crate::output::{Delivery, File, Releases};
pub use crate::realism::RealismOptions;
use crate::settings::{Compression, Scale, Settings};
use crate::shop::Shop;
use crate::time::Clock;

/// The program, as the command line knows it.
pub const PROGRAM: Program = Program {
    name: "generate",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:
  generate
  generate --scale medium --seed 7 --threads 2
  generate --scale small --faults 0.01 --out /tmp/shop
  generate --start-date 2024-01-01 --end-date 2024-06-30 --days 20
  generate realism                    whether the shop behaves as it was asked to
",
    uses: Uses::Files,
};

/// Everything is priced in one currency.
const CURRENCY: &str = "USD";

// A doc comment here would replace the program's own help.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
#[allow(missing_docs)]
pub struct Options {
    /// Something else than making a shop.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Seed of all randomness: the same seed gives the same bytes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// tiny, small, medium, large (10 thousand to 10 million transactions), or their number
    #[arg(long, value_name = "SCALE")]
    pub scale: Option<Scale>,
    /// Number of customers [default: one for every 10 transactions]
    #[arg(long, value_name = "NUMBER")]
    pub customers: Option<u64>,
    /// Number of products [default: 500 for 10,000 transactions, growing with the square root]
    #[arg(long, value_name = "NUMBER")]
    pub products: Option<u64>,
    /// First day of trade
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub start_date: Option<NaiveDate>,
    /// Last day of trade
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub end_date: Option<NaiveDate>,
    /// Deliver the last days one by one, in folders: the first with all before it, then what changes
    #[arg(long, value_name = "NUMBER")]
    pub days: Option<u32>,
    /// Threads that make rows; the bytes do not depend on it [default: one for each processor]
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// How the files are packed
    #[arg(long, value_name = "KIND")]
    pub compression: Option<Compression>,
    /// Faults to plant: a share of all rows, or of one kind: 0.01, null=0.02,truncated=1
    #[arg(long, value_name = "RATE", value_delimiter = ',')]
    pub faults: Vec<FaultRate>,
    /// Folder for the files [default: raw/synthetic in the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What `generate` does beside making a shop.
#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
pub enum Command {
    /// Tell whether a shop behaves as config/generate.toml asked it to; exit code 1 where it does not
    #[command(after_help = "Examples:\n  \
        generate realism                        the shop in data/raw/synthetic\n  \
        generate realism /tmp/shop              a shop in another folder\n  \
        generate realism --output json          for programs, every measure")]
    Realism(RealismOptions),
}

/// What the program needs for what it was asked to do.
pub fn uses(options: &Options) -> Uses {
    match options.command {
        None => PROGRAM.uses,
        Some(Command::Realism(_)) => Uses::Itself,
    }
}

/// Makes a shop, or does what the sub-command says.
///
/// # Errors
/// As [`generate`], and a usage failure where a folder to be judged holds no whole delivery.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let Some(Command::Realism(asked)) = &options.command else {
        return generate(ctx, options).await;
    };
    let flags = Options {
        command: None,
        ..options.clone()
    };
    if flags != Options::default() {
        return Err(Failure::usage(
            "flags of `generate` itself are for making a shop; a shop is judged by \
             config/generate.toml and the environment: leave the flags out before a sub-command",
        )
        .into());
    }
    let settings = Settings::load(&ctx.config, &flags)?;
    realism::run(ctx, &settings, asked)
}

/// Writes the shop's files, or says what it would write.
///
/// # Errors
/// A usage failure for settings out of range; an I/O error, with the file's path, when the disk is
/// full or the folder refuses. Until all files are complete the previous ones stay as they were.
pub async fn generate(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings = Settings::load(&ctx.config, options)?;
    let folder = match &options.out {
        Some(folder) => folder.clone(),
        None => default_folder(ctx),
    };
    let mut report = StageReport::new(ctx);
    if ctx.dry_run {
        plan(&settings, &mut report);
        return Ok(report);
    }

    // Asked first, so that nothing is made in vain.
    let earlier = files_of_earlier_run(&folder)?;
    remove_leftovers(&folder);
    let clock = Clock::new(settings.start_date, settings.day_count());
    let releases = Releases::new(&settings);
    let faults = FaultPlan::new(&settings);
    let mut delivery = Delivery::create(
        &folder,
        &releases,
        &clock,
        settings.compression,
        faults.is_some(),
    )?;
    let bar = Bar::new("generate", Some(settings.transactions()), "orders");
    let shop = Shop::new(&settings, &clock, &releases, faults.as_ref(), bar)?;
    // All files grow side by side, so each of them takes as long as the whole.
    let steps = releases.files().map(|file| (file, begin("write", file)));
    let steps: Vec<(File, Step)> = steps.collect();
    shop.write(&mut delivery).await?;
    shop.finish();

    for (file, step) in steps {
        report.finish(step, written(delivery.row_count(file)));
    }
    delivery.leave_out_empty();
    let metadata = Metadata::new(ctx.started_at, &settings, &delivery);
    // First with the names of all files that may be there: whoever runs next knows what to remove,
    // wherever this run is cut off.
    let path = folder.join(METADATA_FILE);
    common::report::write_json(&path, &metadata.with_files(&earlier))?;
    delivery.commit(&earlier)?;
    common::report::write_json(&path, &metadata)?;
    Ok(report)
}

/// Where the source `synthetic` looks for its files.
fn default_folder(ctx: &StageContext) -> PathBuf {
    ctx.config.paths.raw_dir().join("synthetic")
}

fn begin(what: &str, file: File) -> Step {
    let name = file.name();
    Step::begin(format!("{what} {name}")).relation(name)
}

fn written(row_count: u64) -> Rows {
    Rows {
        inserted: row_count,
        ..Rows::default()
    }
}

/// What a run would write of what the settings decide by themselves.
fn plan(settings: &Settings, report: &mut StageReport) {
    let planned = [
        (File::Suppliers, settings.supplier_count()),
        (File::Products, settings.product_count()),
        (File::Customers, settings.customer_count()),
        (File::Transactions, settings.transactions()),
    ];
    for (file, row_count) in planned {
        let step = begin("would write", file);
        report.finish(
            step,
            Rows {
                input: row_count,
                ..Rows::default()
            },
        );
    }
}
