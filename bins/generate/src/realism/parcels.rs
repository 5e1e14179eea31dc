//! Who carries parcels, and how often they come late.
//!
//! In: `shipments.csv`. Out: each carrier's share of the parcels, and of them the late ones, beside
//! what `[[carriers]]` ask for.

use std::collections::BTreeMap;
use std::path::Path;

use super::measure::{Measure, ratio};
use super::rows::{Rows, day, text};
use super::shop::Shop;
use crate::output::File;
use crate::settings::Settings;

/// A parcel that was promised so long before the last day has come, late as it may be.
const SETTLED_DAYS: i32 = 21;

#[derive(Debug, Default)]
struct Carried {
    parcels: u64,
    settled: u64,
    late: u64,
}

/// # Errors
/// When the file or a column is missing, or it cannot be read.
pub(crate) fn measures(
    folder: &Path,
    shop: &Shop,
    settings: &Settings,
    unreadable: &mut u64,
) -> anyhow::Result<Vec<Measure>> {
    let mut rows = Rows::open(folder, File::Shipments)?;
    let [carrier, delivered, promised] =
        rows.columns(["carrier", "delivered_at", "estimated_delivery_at"])?;
    let settled_by = shop.day_count() as i32 - SETTLED_DAYS;
    let mut carriers: BTreeMap<String, Carried> = BTreeMap::new();
    rows.each(|record| {
        let promised_day = shop.relative(day(record, promised)?);
        let (delivered, promised) = (text(record, delivered)?, text(record, promised)?);
        let name = text(record, carrier)?;
        if !carriers.contains_key(name) {
            carriers.insert(name.to_owned(), Carried::default());
        }
        let carried = carriers.get_mut(name)?;
        carried.parcels += 1;
        if promised_day < settled_by {
            carried.settled += 1;
            // Local times of one form sort as text; a parcel that has not come yet is late.
            carried.late += u64::from(delivered.is_empty() || delivered > promised);
        }
        Some(())
    })?;
    *unreadable += rows.unreadable;
    Ok(judge(&carriers, settings))
}

fn judge(carriers: &BTreeMap<String, Carried>, settings: &Settings) -> Vec<Measure> {
    let all: u64 = carriers.values().map(|it| it.parcels).sum();
    let weights: u64 = settings.carriers.iter().map(|it| it.weight).sum();
    let none = Carried::default();
    let carried = |name: &str| carriers.get(name).unwrap_or(&none);
    let shares = settings.carriers.iter().map(|carrier| {
        let asked = 100.0 * ratio(carrier.weight as f64, weights as f64);
        let parcels = carried(&carrier.name).parcels;
        Measure::share(
            "parcels",
            format!("by {}", carrier.name),
            asked,
            parcels,
            all,
        )
    });
    let late = settings.carriers.iter().map(|carrier| {
        let name = format!("by {}", carrier.name);
        let carried = carried(&carrier.name);
        let Carried { late, settled, .. } = *carried;
        Measure::share("late parcels", name, carrier.late_pct, late, settled)
    });
    shares.chain(late).collect()
}
