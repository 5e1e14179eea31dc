//! The synthetic shop's raw files: customers, products, transactions and their lines.
//!
//! In: settings and a seed. Out: four CSV files and `generation_metadata.json`.
//!
//! Architecture invariant: the same seed and settings give the same bytes; the clock is read for
//! `generated_at` alone. Each file is replaced whole, after all of them have been written.

mod assortment;
mod calendar;
mod catalogue;
mod customers;
mod ids;
mod metadata;
mod money;
mod orders;
mod places;
mod random;
mod settings;
mod sheet;
mod shop;

use std::path::PathBuf;

use chrono::NaiveDate;
use common::progress::Bar;
use common::{Program, Rows, StageContext, StageReport, Step, Uses};

use crate::metadata::{METADATA_FILE, Metadata};
pub use crate::settings::Settings;
use crate::shop::{Shop, ShopFiles};

/// The program, as the command line knows it.
pub const PROGRAM: Program = Program {
    name: "generate",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:
  generate
  generate --transactions 1000000 --seed 7
  generate --start-date 2024-01-01 --end-date 2024-06-30 --out /tmp/shop
",
    uses: Uses::Files,
};

/// Everything is priced in one currency.
const CURRENCY: &str = "USD";
/// Rows that share a random stream; small enough that a signal is heard between two blocks.
const BLOCK_ROWS: u64 = 4_096;

// A doc comment here would replace the program's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct Options {
    /// Seed of all randomness: the same seed gives the same bytes
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Number of transactions
    #[arg(long, value_name = "NUMBER")]
    pub transactions: Option<u64>,
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
    /// Folder for the files [default: raw/synthetic in the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Writes the shop's files, or says what it would write.
///
/// # Errors
/// A usage failure for settings out of range; an I/O error, with the file's path, when the disk is
/// full or the folder refuses. The previous files stay as they were.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings = ctx
        .config
        .section::<Settings>("generate")?
        .overridden_by(options)?;
    let folder = match &options.out {
        Some(folder) => folder.clone(),
        None => ctx.config.paths.raw_dir().join("synthetic"),
    };
    let mut report = StageReport::new(ctx);
    if ctx.dry_run {
        plan(&settings, &mut report);
        return Ok(report);
    }

    let mut files = ShopFiles::create(&folder)?;
    let shop = Shop::new(
        &settings,
        Bar::new("generate", Some(shop::record_count(&settings)), "records"),
    );

    let step = Step::begin("write products").relation("products.csv");
    let catalogue = shop.write_products(&mut files.products).await?;
    report.finish(step, written(files.products.row_count()));

    let step = Step::begin("write customers").relation("customers.csv");
    let customers = shop.write_customers(&mut files.customers).await?;
    report.finish(step, written(files.customers.row_count()));

    let step = Step::begin("write transactions").relation("transactions.csv");
    let items_step = Step::begin("write transaction items").relation("transaction_items.csv");
    shop.write_orders(&catalogue, &customers, &mut files)
        .await?;
    report.finish(step, written(files.transactions.row_count()));
    report.finish(items_step, written(files.items.row_count()));

    shop.finish();
    let metadata = Metadata::new(ctx.started_at, &settings, &files);
    files.commit()?;
    common::report::write_json(&folder.join(METADATA_FILE), &metadata)?;
    Ok(report)
}

fn written(row_count: u64) -> Rows {
    Rows {
        inserted: row_count,
        ..Rows::default()
    }
}

/// What a run would write; the number of lines is an expectation.
fn plan(settings: &Settings, report: &mut StageReport) {
    let planned = [
        ("products.csv", settings.product_count()),
        ("customers.csv", settings.customer_count()),
        ("transactions.csv", settings.transactions),
        ("transaction_items.csv", settings.expected_line_count()),
    ];
    for (file, row_count) in planned {
        let step = Step::begin("would write").relation(file);
        report.finish(
            step,
            Rows {
                input: row_count,
                ..Rows::default()
            },
        );
    }
}
