//! Which product is kept where, how much of it is expected to sell, and when to buy more.

use crate::ids::{PRODUCT, STORE};
use crate::members::{Catalogue, Stores, Suppliers, is_carried, store_number};
use crate::output::Sheet;
use crate::random::Chance;
use crate::settings::Settings;
use crate::stock::Snapshot;
use crate::time::Clock;

/// A reorder point covers the days of delivery and these, at so much more than the expected demand.
const SAFETY_DAYS: f64 = 2.0;
const SAFETY_FACTOR: f64 = 1.6;
const REORDER_POINT_MIN: f64 = 2.0;
const PURCHASE_MIN: f64 = 4.0;
/// Nothing is bought in larger quantities, so that all numbers of units stay small enough to add.
const UNITS_MAX: f64 = 100_000_000.0;

/// A product at a location.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shelf {
    pub(crate) is_carried: bool,
    /// Bought again at this level, in an average season.
    pub(crate) reorder_point: u32,
    /// Units of one purchase, in an average season.
    pub(crate) purchase: u32,
}

/// All shelves: location by location, product by product.
#[derive(Debug)]
pub(crate) struct ShelfPlan {
    shelves: Vec<Shelf>,
    product_count: usize,
}

impl ShelfPlan {
    pub(crate) fn new(
        settings: &Settings,
        catalogue: &Catalogue,
        suppliers: &Suppliers,
        stores: &Stores,
    ) -> Self {
        let product_count = catalogue.products.len();
        let carried = Chance::percent(settings.stock.store_assortment_pct);
        let mut shelves = Vec::with_capacity(product_count * stores.location_count());
        for location in 0..stores.location_count() as u16 {
            let is_carried: Vec<bool> = (0..product_count as u32)
                .map(|product| is_carried(catalogue, product, location, carried))
                .collect();
            let demand = daily_demand(settings, catalogue, &is_carried, location);
            for (product, &is_carried) in is_carried.iter().enumerate() {
                let supplier = catalogue.products[product].supplier;
                let lead_time_days = f64::from(suppliers.lead_time_days(supplier));
                let needed = demand[product] * (lead_time_days + SAFETY_DAYS) * SAFETY_FACTOR;
                let purchase = demand[product] * settings.stock.cover_days as f64;
                shelves.push(Shelf {
                    is_carried,
                    reorder_point: (needed + REORDER_POINT_MIN).min(UNITS_MAX) as u32,
                    purchase: purchase.clamp(PURCHASE_MIN, UNITS_MAX) as u32,
                });
            }
        }
        Self {
            shelves,
            product_count,
        }
    }

    pub(crate) fn position(&self, location: u16, product: u32) -> usize {
        usize::from(location) * self.product_count + product as usize
    }

    /// Location and product of a shelf.
    pub(crate) fn place(&self, position: usize) -> (u16, u32) {
        (
            (position / self.product_count) as u16,
            (position % self.product_count) as u32,
        )
    }

    pub(crate) fn shelves(&self) -> &[Shelf] {
        &self.shelves
    }

    pub(crate) fn locations_of(&self, product: u32) -> impl Iterator<Item = usize> {
        (product as usize..self.shelves.len())
            .step_by(self.product_count)
            .filter(|&position| self.shelves[position].is_carried)
    }

    /// Writes the shelves of all products that are or were on sale by then.
    pub(crate) fn write_snapshot(
        &self,
        snapshot: &Snapshot,
        catalogue: &Catalogue,
        clock: &Clock,
        sheet: &mut Sheet,
    ) -> anyhow::Result<()> {
        for (position, shelf) in self.shelves.iter().enumerate() {
            let (location, product) = self.place(position);
            let is_known = catalogue.products[product as usize].launched <= snapshot.day.max(-1);
            if !shelf.is_carried || !is_known {
                continue;
            }
            sheet
                .day(snapshot.day, clock)
                .id(PRODUCT, u64::from(product) + 1)
                .id(STORE, store_number(location));
            sheet
                .number(snapshot.on_hand[position].into())
                .number(shelf.reorder_point.into());
            sheet.end_row()?;
        }
        Ok(())
    }
}

/// Units of each product that a location is expected to sell on an average day.
fn daily_demand(
    settings: &Settings,
    catalogue: &Catalogue,
    is_carried: &[bool],
    location: u16,
) -> Vec<f64> {
    let [online_pct, marketplace_pct, stores_pct] = settings.channel_pct();
    let share_pct = match location {
        0 => online_pct + marketplace_pct,
        _ => stores_pct / settings.store_count() as f64,
    };
    let orders = settings.transactions() as f64 / settings.day_count() as f64;
    let units = orders
        * (share_pct / 100.0)
        * mean(&settings.baskets.line_count_weights)
        * mean(&settings.baskets.quantity_weights);
    let weight = |product: usize| {
        if is_carried[product] {
            catalogue.unit_weights[product] as f64
        } else {
            0.0
        }
    };
    let total: f64 = (0..is_carried.len()).map(weight).sum();
    let mut demand: Vec<f64> = (0..is_carried.len())
        .map(|product| units * weight(product) / total.max(1.0))
        .collect();
    // Of the lines of an order all but the last may bring the partner of their product along.
    let lines = mean(&settings.baskets.line_count_weights);
    let attached = settings.baskets.attached_pct / 100.0 * (lines - 1.0) / lines;
    for product in 0..is_carried.len() {
        if let Some(partner) = catalogue.partner(product as u32) {
            demand[partner as usize] += demand[product] * attached;
        }
    }
    demand
}

/// The mean of the numbers from 1, by their weights.
fn mean(weights: &[u64]) -> f64 {
    let total: u64 = weights.iter().sum();
    let sum: u64 = weights
        .iter()
        .zip(1..)
        .map(|(weight, number)| weight * number)
        .sum();
    sum as f64 / total as f64
}
