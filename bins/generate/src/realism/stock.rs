//! How often a product was sold out.
//!
//! In: `inventory_snapshots.csv` for the opening stock, and every movement after it. Out: the share
//! of days that ended without stock, of all days on which a store carried a product that was on
//! sale, beside `stock.stock_out_pct`.
//!
//! Invariant: a number is kept for each product in each store, and nothing for a day.

use std::collections::HashMap;
use std::path::Path;

use super::measure::{Measure, STANDARD_ERRORS, Unit, ratio};
use super::rows::{Rows, day, integer};
use super::shop::Shop;
use crate::output::File;
use crate::settings::{Settings, Stock};

/// Stock-outs come from purchases that are made too late, which is planned, and from demand, which
/// is not: a quarter of what was asked for, and half a point, is as close as it gets.
const SHARE_SLACK: f64 = 0.25;
const POINTS_SLACK: f64 = 0.5;

/// A product in a store.
#[derive(Debug, Clone, Copy)]
struct Shelf {
    quantity: i64,
    /// First day whose end has not been counted yet.
    next_day: i32,
    /// Days on sale begin with the first stock.
    is_on_sale: bool,
    days: i64,
    empty_days: i64,
}

impl Shelf {
    fn opened(day: i32) -> Self {
        Self {
            quantity: 0,
            next_day: day,
            is_on_sale: false,
            days: 0,
            empty_days: 0,
        }
    }

    /// Counts the days before this one, all of which ended with the quantity of now.
    fn count_until(&mut self, day: i32) {
        let days = i64::from(day - self.next_day);
        if self.is_on_sale {
            self.days += days;
            if self.quantity <= 0 {
                self.empty_days += days;
            }
        }
        self.next_day = day;
    }

    /// False for one that comes before what was counted already: movements are in the order of time.
    fn moved(&mut self, day: i32, quantity: i64) -> bool {
        if day < self.next_day {
            return false;
        }
        self.count_until(day);
        self.quantity += quantity;
        self.is_on_sale |= self.quantity > 0;
        true
    }
}

/// # Errors
/// When a file or a column is missing, or cannot be read.
pub(crate) fn measure(
    folder: &Path,
    shop: &Shop,
    settings: &Settings,
    unreadable: &mut u64,
) -> anyhow::Result<Measure> {
    let mut shelves = read_opening(folder, shop, unreadable)?;
    let mut rows = Rows::open(folder, File::InventoryMovements)?;
    let [product, store, quantity, moved] =
        rows.columns(["product_id", "store_id", "quantity", "moved_at"])?;
    rows.each(|record| {
        let key = (
            shop.product_ids.find(record.get(product)?)?,
            shop.store(record.get(store)?)?,
        );
        let day = shop.trading_day(day(record, moved)?)? as i32;
        // What comes back of a product that is no longer sold is no stock to sell.
        let day = day.min(shop.end_of_sale(key.0));
        let shelf = shelves.entry(key).or_insert_with(|| Shelf::opened(day));
        let is_in_order = shelf.moved(day, integer(record, quantity)?);
        is_in_order.then_some(())
    })?;
    *unreadable += rows.unreadable;
    Ok(judge(shelves, shop, settings))
}

/// The stock with which the first day begins.
fn read_opening(
    folder: &Path,
    shop: &Shop,
    unreadable: &mut u64,
) -> anyhow::Result<HashMap<(u32, u32), Shelf>> {
    let mut rows = Rows::open(folder, File::InventorySnapshots)?;
    let [date, product, store, quantity] = rows.columns([
        "snapshot_date",
        "product_id",
        "store_id",
        "quantity_on_hand",
    ])?;
    let mut shelves = HashMap::new();
    rows.each(|record| {
        if shop.relative(day(record, date)?) >= 0 {
            return Some(());
        }
        let key = (
            shop.product_ids.find(record.get(product)?)?,
            shop.store(record.get(store)?)?,
        );
        let mut shelf = Shelf::opened(0);
        shelf.moved(0, integer(record, quantity)?);
        shelves.insert(key, shelf);
        Some(())
    })?;
    *unreadable += rows.unreadable;
    Ok(shelves)
}

fn judge(shelves: HashMap<(u32, u32), Shelf>, shop: &Shop, settings: &Settings) -> Measure {
    let (mut days, mut empty_days) = (0, 0);
    for ((product, _), mut shelf) in shelves {
        shelf.count_until(shop.end_of_sale(product));
        days += shelf.days;
        empty_days += shelf.empty_days;
    }
    let asked = settings.stock.stock_out_pct;
    let standard_error = standard_error(&settings.stock, days as f64);
    Measure {
        group: "days without stock",
        name: String::new(),
        unit: Unit::Percent,
        asked,
        found: 100.0 * ratio(empty_days as f64, days as f64),
        tolerance: SHARE_SLACK * asked + POINTS_SLACK + STANDARD_ERRORS * standard_error,
        cases: days.unsigned_abs(),
    }
}

/// In points. Days without stock come in spells of about a purchase's lead time. A sum of n spells
/// of exponential length has a standard error of its mean of √(2 / n).
fn standard_error(stock: &Stock, days: f64) -> f64 {
    let [shortest, longest] = stock.lead_time_days;
    let spells = stock.stock_out_pct / 100.0 * days * 2.0 / (shortest + longest) as f64;
    stock.stock_out_pct * ratio(2.0, spells).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_end_without_stock_are_counted_once_on_sale() {
        let mut shelf = Shelf::opened(0);
        for (day, quantity) in [(2, 5), (4, -5), (4, 1), (6, -1), (9, 3)] {
            assert!(shelf.moved(day, quantity));
        }
        shelf.count_until(10);

        // On sale from day 2 on; days 6, 7 and 8 ended without any.
        assert_eq!((shelf.days, shelf.empty_days), (8, 3));
        assert!(!shelf.moved(8, 1));
    }
}
