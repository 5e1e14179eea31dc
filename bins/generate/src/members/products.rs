//! A product: when it is on sale, and what it costs when.

use rand::Rng;
use rand_distr::{Distribution as _, Exp1};

use crate::calendar;
use crate::members::assortment::{CATEGORIES, SubCategory, VARIANTS};
use crate::random::{Chance, any, below, between};
use crate::settings::Settings;
use crate::time::Moment;

/// What the shop pays at first, in percent of the price.
const COST_PCT: (u64, u64) = (42, 79);
/// A cost is never more than this of the price.
const COST_PCT_MAX: u32 = 90;
/// What is on sale on the first day was last changed within this many days before it.
const CATALOGUE_AGE_DAYS: u64 = 365;
/// A product that is no longer sold may have left the shop so long before the first day.
const RETIRED_EARLIER_DAYS: u64 = 100;
/// A price that rises for decades ends here.
const PRICE_MAX_CENTS: u32 = 10_000_000;
const PRICE_ENDINGS_CENTS: [u64; 6] = [99, 99, 95, 50, 49, 0];
const CENTS_PCT: f64 = 25.0;
const DAYS_PER_YEAR: f64 = 365.25;

/// What a product costs from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    from_day: i32,
    pub(crate) price_cents: u32,
    pub(crate) cost_cents: u32,
}

#[derive(Debug)]
pub(crate) struct Product {
    pub(super) name: String,
    pub(super) brand: u32,
    pub(super) category: u8,
    pub(super) sub_category: u8,
    pub(crate) supplier: u32,
    /// First day on sale.
    pub(crate) launched: i32,
    /// First day no longer on sale.
    pub(crate) retired: i32,
    pub(super) created: Moment,
    pub(super) prices: Vec<Price>,
    /// Bought together with this one.
    pub(super) partner: Option<u32>,
    /// Stores carry the second product of a pair where they carry the first.
    pub(crate) carried_as: u32,
}

impl Product {
    pub(crate) fn is_on_sale(&self, day: i32) -> bool {
        (self.launched..self.retired).contains(&day)
    }

    pub(crate) fn price(&self, day: i32) -> Price {
        let later = self.prices.partition_point(|price| price.from_day <= day);
        self.prices[later.saturating_sub(1)]
    }

    /// When the row of the product changes, in order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Moment> {
        // Prices hold from midnight on, so that a sale always meets the price of its moment.
        let changed = self.prices[1..].iter().map(|price| price.from_day);
        let retired = (self.retired != i32::MAX).then_some(self.retired);
        std::iter::once(self.created).chain(changed.chain(retired).map(|day| Moment::new(day, 0)))
    }

    /// Whether the row changes on that day.
    pub(crate) fn changes_on(&self, day: i32) -> bool {
        self.changes().any(|moment| moment.day == day)
    }
}

/// Draws the product of that position in the catalogue.
pub(super) fn draw_product(
    index: u64,
    brands: &[String],
    settings: &Settings,
    rng: &mut impl Rng,
) -> Product {
    let category = below(rng, CATEGORIES.len() as u64) as usize;
    let sub_categories = &CATEGORIES[category].sub_categories;
    let sub_category = below(rng, sub_categories.len() as u64) as usize;
    let brand = below(rng, brands.len() as u64) as usize;
    let name = product_name(index, &brands[brand], &sub_categories[sub_category], rng);
    let price_cents = draw_price(rng, sub_categories[sub_category].prices) as u32;
    let cost_cents = price_cents * between(rng, COST_PCT.0, COST_PCT.1) as u32 / 100;
    let supplier = between(rng, 1, settings.supplier_count()) as u32;
    let day_count = settings.day_count();
    let earlier = -(between(rng, 1, CATALOGUE_AGE_DAYS) as i32);
    let is_launched = Chance::percent(settings.products.launched_pct).hits(rng);
    let launch_day = below(rng, day_count) as i32;
    let is_retired = Chance::percent(settings.products.inactive_pct).hits(rng);
    let retired_day = below(rng, day_count + RETIRED_EARLIER_DAYS) as i32;
    // A shop without anything to sell has no orders: the first product is always there.
    let launched = if is_launched && index > 0 {
        launch_day
    } else {
        earlier
    };
    let retired = if is_retired && index > 0 {
        (retired_day - RETIRED_EARLIER_DAYS as i32).max(launched + 1)
    } else {
        i32::MAX
    };
    let created_at = if launched < 0 {
        calendar::office_time(rng)
    } else {
        0
    };
    let first = Price {
        from_day: i32::MIN,
        price_cents,
        cost_cents,
    };
    let last_day = (day_count as i32).min(retired) - 1;
    Product {
        name,
        brand: brand as u32,
        category: category as u8,
        sub_category: sub_category as u8,
        supplier,
        launched,
        retired: if retired < day_count as i32 {
            retired
        } else {
            i32::MAX
        },
        created: Moment::new(launched, created_at),
        prices: draw_prices(first, launched.max(0), last_day, settings, rng),
        partner: None,
        carried_as: index as u32,
    }
}

/// The price and the cost from the first day on, each with the changes that happen to it.
fn draw_prices(
    first: Price,
    first_day: i32,
    last_day: i32,
    settings: &Settings,
    rng: &mut impl Rng,
) -> Vec<Price> {
    let products = &settings.products;
    let mut wait = |yearly: f64, day: i32| {
        let days: f64 = Exp1.sample(rng);
        let days = days * DAYS_PER_YEAR / yearly;
        let next = if days < 1e6 {
            day + 1 + days as i32
        } else {
            i32::MAX
        };
        let is_up = Chance::share(0.5).hits(rng);
        let percent = between(rng, 1, products.change_pct_max) as u32;
        (next, if is_up { 100 + percent } else { 100 - percent })
    };
    let mut prices = vec![first];
    let mut price = wait(products.price_changes_yearly, first_day);
    let mut cost = wait(products.cost_changes_yearly, first_day);
    let mut now = first;
    while price.0.min(cost.0) <= last_day {
        let day = price.0.min(cost.0);
        if price.0 == day {
            now.price_cents = changed(now.price_cents, price.1).clamp(100, PRICE_MAX_CENTS);
            price = wait(products.price_changes_yearly, day);
        }
        if cost.0 == day {
            now.cost_cents = changed(now.cost_cents, cost.1).max(1);
            cost = wait(products.cost_changes_yearly, day);
        }
        now.cost_cents = now.cost_cents.min(changed(now.price_cents, COST_PCT_MAX));
        now.from_day = day;
        let last = prices[prices.len() - 1];
        if (last.price_cents, last.cost_cents) != (now.price_cents, now.cost_cents) {
            prices.push(now);
        }
    }
    prices
}

/// So many percent of an amount in cents.
fn changed(cents: u32, percent: u32) -> u32 {
    (u64::from(cents) * u64::from(percent) / 100).min(u32::MAX.into()) as u32
}

/// Ends in a model number, so that no two products have the same name.
fn product_name(index: u64, brand: &str, sub_category: &SubCategory, rng: &mut impl Rng) -> String {
    let thing = any(rng, &sub_category.things);
    let variant = any(rng, &VARIANTS);
    let letter = char::from(b'A' + below(rng, 26) as u8);
    format!("{brand} {variant} {thing} {letter}{:03}", index + 1)
}

/// A price in cents; low ones are more frequent, and all are at least 1.00.
fn draw_price(rng: &mut impl Rng, (lowest, highest): (u64, u64)) -> u64 {
    let whole = between(rng, lowest, highest).min(between(rng, lowest, highest));
    // One price in four has any cents at all, so that totals are not always round.
    let cents = if Chance::percent(CENTS_PCT).hits(rng) {
        below(rng, 100)
    } else {
        any(rng, &PRICE_ENDINGS_CENTS)
    };
    whole * 100 + cents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::Catalogue;

    fn products(count: u64) -> Vec<Product> {
        let mut settings = Settings::of_size(10_000);
        settings.products.count = Some(count);
        settings.products.price_changes_yearly = 6.0;
        Catalogue::new(&settings).products
    }

    #[test]
    fn a_cost_is_always_less_than_its_price() {
        for product in products(3_000) {
            assert!(product.prices.is_sorted_by_key(|price| price.from_day));
            for price in product.prices {
                assert!(0 < price.cost_cents && price.cost_cents < price.price_cents);
            }
        }
    }

    #[test]
    fn a_price_holds_from_its_day_on() {
        let products = products(300);
        let product = products
            .iter()
            .find(|product| product.prices.len() > 1)
            .expect("a product that became dearer or cheaper");
        let changed = product.prices[1];

        assert_eq!(product.price(changed.from_day), changed);
        assert_eq!(product.price(changed.from_day - 1), product.prices[0]);
        assert!(product.changes_on(changed.from_day));
    }
}
