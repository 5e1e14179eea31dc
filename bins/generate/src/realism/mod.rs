//! Whether a generated shop behaves as it was asked to: `generate realism`.
//!
//! In: the files of one whole delivery, and the settings. Out: each measure that was asked for,
//! what is there, and how far they may lie apart.
//!
//! Architecture invariant: it shares the settings and the names of the files with the simulation,
//! and nothing else, so that it is a witness; what it expects it derives by formulas of its own.
//! Every file is read in a stream (the lines of the orders twice), and what is kept grows with
//! customers and products only.

mod assortment;
mod baskets;
mod cohorts;
mod measure;
mod orders;
mod parcels;
mod rows;
mod season;
mod shop;
mod show;
mod stock;
mod visits;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Failure, OutputFormat, Rows, StageContext, StageReport, Status, Step, console};
use serde::Deserialize;

use crate::metadata::METADATA_FILE;
use crate::settings::Settings;

use assortment::Assortment;
use baskets::{Pairs, Search};
use cohorts::Customers;
use measure::{Measure, Verdict};
use orders::{Channel, Orders, Outcomes};
use season::Season;
use shop::Shop;

// A doc comment here would replace the text of --help.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[allow(missing_docs)]
pub struct RealismOptions {
    /// Folder of one whole delivery [default: raw/synthetic in the data folder]
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// What this reader needs of `generation_metadata.json`.
#[derive(Debug, Deserialize)]
struct Metadata {
    transaction_date_range: DateRange,
    #[serde(default)]
    faults: std::collections::BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct DateRange {
    start_date: NaiveDate,
    end_date: NaiveDate,
}

/// All measures, and what else is to be told.
#[derive(Debug, Default)]
struct Findings {
    measures: Vec<Measure>,
    orders: u64,
    unreadable: u64,
}

/// Measures the shop and says which measures are off; then the run counts as blocked (exit code 1).
///
/// # Errors
/// A usage failure where the folder is not a whole delivery; an I/O error, with the file's path.
pub(crate) fn run(
    ctx: &StageContext,
    settings: &Settings,
    options: &RealismOptions,
) -> anyhow::Result<StageReport> {
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => crate::default_folder(ctx),
    };
    let mut report = StageReport::new(ctx);
    let step = Step::begin("measure").relation(folder.to_string_lossy());
    let metadata = read_metadata(&folder)?;
    let findings = measure(&folder, &metadata.transaction_date_range, settings)?;
    let rows = Rows {
        input: findings.orders,
        ..Rows::default()
    };
    report.finish(step, rows);
    if ctx.output == OutputFormat::Text {
        console::print(&show::text(&folder, &findings))?;
    }
    report.findings = Some(show::json(&folder, &findings)?);
    if metadata.faults.values().any(|&count| count > 0) {
        report.warn("the shop has planted faults; the measures count their rows, too");
    }
    if findings.unreadable > 0 {
        let unreadable = findings.unreadable;
        report.warn(format!("{unreadable} rows cannot be read and are left out"));
    }
    let off: Vec<String> = findings.of(Verdict::Off).map(show::sentence).collect();
    if !off.is_empty() {
        report.status = Status::Blocked;
        report.warn(format!("not as asked for: {}", off.join("; ")));
    }
    Ok(report)
}

impl Findings {
    fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Measure> {
        self.measures
            .iter()
            .filter(move |it| it.verdict() == verdict)
    }
}

fn read_metadata(folder: &Path) -> anyhow::Result<Metadata> {
    let path = folder.join(METADATA_FILE);
    let shown = path.display();
    if !path.is_file() {
        return Err(Failure::usage(format!(
            "there is no file `{shown}`\n  \
             hint: name the folder of a delivery, or make one with `generate`"
        ))
        .into());
    }
    let bytes = std::fs::read(&path).with_context(|| format!("failed to read `{shown}`"))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::usage(format!("failed to read `{shown}`: {error}")).into())
}

/// Reads every file of the folder.
fn measure(folder: &Path, range: &DateRange, settings: &Settings) -> anyhow::Result<Findings> {
    let (shop, mut customers) = Shop::read(folder, range.start_date, range.end_date)?;
    let mut findings = Findings {
        unreadable: shop.unreadable,
        ..Findings::default()
    };
    let online = measure_orders(
        folder,
        range,
        &shop,
        &mut customers,
        settings,
        &mut findings,
    )?;
    let Findings {
        measures,
        unreadable,
        ..
    } = &mut findings;
    measures.extend(parcels::measures(folder, &shop, settings, unreadable)?);
    measures.push(stock::measure(folder, &shop, settings, unreadable)?);
    measures.extend(visits::measures(folder, online, settings, unreadable)?);
    Ok(findings)
}

/// Reads the orders twice: pairs are found first, everything is counted then. Returns the orders of
/// the web shop.
fn measure_orders(
    folder: &Path,
    range: &DateRange,
    shop: &Shop,
    customers: &mut Customers,
    settings: &Settings,
    findings: &mut Findings,
) -> anyhow::Result<u64> {
    let product_count = shop.product_ids.len();
    let mut basket = Vec::new();
    let mut search = Search::new(product_count);
    Orders::open(folder, shop)?.each(|_, lines| {
        sold(lines, &mut basket);
        search.add_basket(&basket);
    })?;
    let mut pairs = Pairs::new(&search, &settings.baskets);
    let mut season = Season::new(range.start_date, range.end_date);
    let mut assortment = Assortment::new(product_count);
    let mut outcomes = Outcomes::new(settings, shop.day_count());
    let mut online = 0;
    findings.unreadable += Orders::open(folder, shop)?.each(|order, lines| {
        sold(lines, &mut basket);
        pairs.add_basket(&basket);
        season.add(order.day, order.hour);
        for line in lines.iter().filter(|line| line.is_sold) {
            assortment.add_line(findings.orders, line.product, line.revenue);
        }
        if let Some(customer) = order.customer {
            customers.add_order(customer);
        }
        outcomes.add(order, lines);
        online += u64::from(order.channel == Some(Channel::Online));
        findings.orders += 1;
    })?;
    let measures = &mut findings.measures;
    measures.extend(season.measures(settings));
    measures.extend(customers.measures(settings, season.orders()));
    measures.push(assortment.measure(&settings.products));
    measures.extend(pairs.measures(settings));
    measures.extend(outcomes.measures(settings));
    Ok(online)
}

/// The products that an order had at first, in the order of its lines.
fn sold(lines: &[orders::Line], basket: &mut Vec<u32>) {
    basket.clear();
    basket.extend(lines.iter().filter(|it| it.is_sold).map(|it| it.product));
}
