//! Products: how often each of them is bought, when it is on sale, and what it costs when.

use fake::Fake as _;
use fake::faker::name::en::LastName;
use rand::Rng;
use rand_distr::{Distribution as _, Exp1};

use crate::ids::{CATEGORY, PRODUCT, SUPPLIER};
use crate::members::assortment::{CATEGORIES, SubCategory, VARIANTS};
use crate::members::popularity::revenue_shares;
use crate::output::{Chunk, File, Releases, Sheet};
use crate::random::{Chance, Stream, Weighted, any, below, between, block_rng, shuffle};
use crate::settings::Settings;
use crate::time::{Clock, Moment};
use crate::{CURRENCY, calendar};

/// There is a brand for every so many products.
const PRODUCTS_PER_BRAND: u64 = 8;
/// What the shop pays at first, in percent of the price.
const COST_PCT: (u64, u64) = (42, 79);
/// A cost is never more than this of the price.
const COST_PCT_MAX: u32 = 90;
/// What is on sale on the first day was last changed within this many days before it.
const CATALOGUE_AGE_DAYS: u64 = 365;
/// A product that is no longer sold may have left the shop so long before the first day.
const RETIRED_EARLIER_DAYS: u64 = 100;
const PRICE_ENDINGS_CENTS: [u64; 6] = [99, 99, 95, 50, 49, 0];
const CENTS_PCT: f64 = 25.0;
const DAYS_PER_YEAR: f64 = 365.25;
/// A shop has one planted pair for this many products at most, or it would sell nothing else.
const PRODUCTS_PER_PAIR: usize = 10;
/// Shares of all units become whole weights.
const WEIGHT_UNIT: f64 = 1e15;

/// What a product costs from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    from_day: i32,
    pub(crate) price_cents: u32,
    pub(crate) cost_cents: u32,
}

#[derive(Debug)]
pub(crate) struct Product {
    name: String,
    brand: u32,
    category: u8,
    sub_category: u8,
    pub(crate) supplier: u32,
    /// First day on sale.
    pub(crate) launched: i32,
    /// First day no longer on sale.
    pub(crate) retired: i32,
    created: Moment,
    prices: Vec<Price>,
    /// Bought together with this one.
    partner: Option<u32>,
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

/// The shop's products; position 0 is product number 1.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    /// Units sold of each product, as weights.
    pub(crate) unit_weights: Vec<u64>,
    pub(crate) popularity: Weighted,
    brands: Vec<String>,
}

impl Catalogue {
    pub(crate) fn new(settings: &Settings) -> Self {
        let count = settings.product_count();
        let mut brand_rng = block_rng(settings.seed, Stream::Brands, 0);
        let brands: Vec<String> = (0..count.div_ceil(PRODUCTS_PER_BRAND))
            .map(|_| LastName().fake_with_rng(&mut brand_rng))
            .collect();
        let mut rng = block_rng(settings.seed, Stream::Products, 0);
        let mut products: Vec<Product> = (0..count)
            .map(|index| draw_product(index, &brands, settings, &mut rng))
            .collect();
        let unit_weights = unit_weights(settings, &products);
        plant_pairs(settings, &mut products, &unit_weights);
        Self {
            products,
            popularity: Weighted::new(unit_weights.iter().copied()),
            unit_weights,
            brands,
        }
    }

    pub(crate) fn partner(&self, product: u32) -> Option<u32> {
        self.products[product as usize].partner
    }

    /// Writes a product as it is at the end of that day, with what is in stock then.
    pub(crate) fn write_product(
        &self,
        index: u32,
        day: i32,
        stock: u64,
        sheet: &mut Sheet,
        clock: &Clock,
    ) -> anyhow::Result<()> {
        let product = &self.products[index as usize];
        let category = &CATEGORIES[usize::from(product.category)];
        let sub_category = &category.sub_categories[usize::from(product.sub_category)];
        let price = product.price(day);
        sheet
            .id(PRODUCT, u64::from(index) + 1)
            .text(&product.name)
            .text(category.name)
            .text(sub_category.name);
        sheet
            .hundredths(price.price_cents.into())
            .hundredths(price.cost_cents.into())
            .text(&self.brands[product.brand as usize]);
        sheet.number(stock).id(SUPPLIER, product.supplier.into());
        let category_number = lower_category(product.category, product.sub_category);
        sheet.id(CATEGORY, category_number).text(CURRENCY);
        let updated_at = product
            .changes()
            .take_while(|change| change.day <= day)
            .last()
            .unwrap_or(product.created);
        sheet
            .flag(day < product.retired)
            .timestamp(updated_at, clock);
        sheet.end_row()
    }
}

/// Writes the tree of categories: the top ones, then those below them.
pub(crate) fn write_categories(chunk: &mut Chunk<'_>) -> anyhow::Result<()> {
    let sheet = chunk.sheet(0, File::Categories);
    for (category, number) in CATEGORIES.iter().zip(1..) {
        sheet.id(CATEGORY, number).empty().text(category.name);
        sheet.end_row()?;
    }
    for (category, position) in CATEGORIES.iter().zip(0_u8..) {
        for (sub_category, sub_position) in category.sub_categories.iter().zip(0_u8..) {
            sheet.id(CATEGORY, lower_category(position, sub_position));
            sheet.id(CATEGORY, u64::from(position) + 1);
            sheet.text(sub_category.name).end_row()?;
        }
    }
    Ok(())
}

/// Products that a delivery of that day tells of, in order.
pub(crate) fn due(catalogue: &Catalogue, releases: &Releases, day: i32) -> Vec<u32> {
    let is_first = day == releases.first_day();
    (0..)
        .zip(&catalogue.products)
        .filter(|(_, product)| {
            if is_first {
                product.created.day <= day
            } else {
                product.changes_on(day)
            }
        })
        .map(|(index, _)| index)
        .collect()
}

/// The number of a category that is not at the top: they follow the top ones.
fn lower_category(category: u8, sub_category: u8) -> u64 {
    let each = CATEGORIES[0].sub_categories.len();
    (CATEGORIES.len() + usize::from(category) * each + usize::from(sub_category) + 1) as u64
}

fn draw_product(index: u64, brands: &[String], settings: &Settings, rng: &mut impl Rng) -> Product {
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
            now.price_cents = (now.price_cents * price.1 / 100).max(100);
            price = wait(products.price_changes_yearly, day);
        }
        if cost.0 == day {
            now.cost_cents = (now.cost_cents * cost.1 / 100).max(1);
            cost = wait(products.cost_changes_yearly, day);
        }
        now.cost_cents = now.cost_cents.min(now.price_cents * COST_PCT_MAX / 100);
        now.from_day = day;
        let last = prices[prices.len() - 1];
        if (last.price_cents, last.cost_cents) != (now.price_cents, now.cost_cents) {
            prices.push(now);
        }
    }
    prices
}

/// How many units of each product are sold: what it earns, by its price.
fn unit_weights(settings: &Settings, products: &[Product]) -> Vec<u64> {
    let share = settings.products.top_fifth_revenue_pct / 100.0;
    let mut shares = revenue_shares(products.len(), share);
    let mut rng = block_rng(settings.seed, Stream::Popularity, 0);
    shuffle(&mut rng, &mut shares);
    products
        .iter()
        .zip(shares)
        .map(|(product, share)| {
            let price_cents = f64::from(product.prices[0].price_cents);
            (share / price_cents * WEIGHT_UNIT) as u64 + 1
        })
        .collect()
}

/// Gives the products that are bought most a partner each, of those that are always on sale: the one
/// whose price is nearest, so that what is attached does not outsell everything else.
fn plant_pairs(settings: &Settings, products: &mut [Product], unit_weights: &[u64]) {
    let mut always: Vec<usize> = (0..products.len())
        .filter(|&index| products[index].launched < 0 && products[index].retired == i32::MAX)
        .collect();
    always.sort_by_key(|&index| (std::cmp::Reverse(unit_weights[index]), index));
    let pair_count = settings.baskets.pairs.min(always.len() / PRODUCTS_PER_PAIR);
    let mut others = always.split_off(pair_count);
    for first in always {
        let price_cents = products[first].prices[0].price_cents;
        let distance = |&index: &usize| products[index].prices[0].price_cents.abs_diff(price_cents);
        let nearest = (0..others.len()).min_by_key(|&position| distance(&others[position]));
        let Some(nearest) = nearest else { return };
        let second = others.swap_remove(nearest);
        products[first].partner = Some(second as u32);
        products[second].carried_as = first as u32;
    }
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
        *any(rng, &PRICE_ENDINGS_CENTS)
    };
    whole * 100 + cents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(products: u64) -> Catalogue {
        let mut settings = Settings::of_size(10_000);
        settings.products.count = Some(products);
        settings.products.price_changes_yearly = 6.0;
        Catalogue::new(&settings)
    }

    #[test]
    fn a_cost_is_always_less_than_its_price() {
        for product in catalogue(3_000).products {
            assert!(product.prices.is_sorted_by_key(|price| price.from_day));
            for price in product.prices {
                assert!(0 < price.cost_cents && price.cost_cents < price.price_cents);
            }
        }
    }

    #[test]
    fn a_price_holds_from_its_day_on() {
        let catalogue = catalogue(300);
        let product = catalogue
            .products
            .iter()
            .find(|product| product.prices.len() > 1)
            .expect("a product that became dearer or cheaper");
        let changed = product.prices[1];

        assert_eq!(product.price(changed.from_day), changed);
        assert_eq!(product.price(changed.from_day - 1), product.prices[0]);
        assert!(product.changes_on(changed.from_day));
    }

    #[test]
    fn pairs_are_always_on_sale_and_carried_together() {
        let catalogue = catalogue(500);
        let pairs: Vec<(usize, u32)> = (0..500)
            .filter_map(|index| Some((index, catalogue.partner(index as u32)?)))
            .collect();

        assert_eq!(pairs.len(), 12);
        for (first, second) in pairs {
            let partner = &catalogue.products[second as usize];
            assert!(partner.is_on_sale(0) && partner.is_on_sale(364));
            assert_eq!(partner.carried_as, first as u32);
            assert_eq!(partner.partner, None);
        }
    }

    #[test]
    fn a_shop_of_one_product_can_sell_it() {
        for seed in 0..50 {
            let mut settings = Settings::of_size(10);
            settings.seed = seed;
            settings.products.count = Some(1);
            let product = &Catalogue::new(&settings).products[0];
            assert!(product.is_on_sale(0) && product.is_on_sale(364));
        }
    }
}
