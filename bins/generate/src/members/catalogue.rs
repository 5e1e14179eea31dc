//! All products: how often each of them is bought, and which of them together.

use fake::Fake as _;
use fake::faker::name::en::LastName;

use crate::CURRENCY;
use crate::ids::{CATEGORY, PRODUCT, SUPPLIER};
use crate::members::assortment::CATEGORIES;
use crate::members::popularity::revenue_shares;
use crate::members::products::{Product, draw_product};
use crate::output::{Chunk, File, Releases, Sheet};
use crate::random::{Stream, Weighted, block_rng, shuffle};
use crate::settings::Settings;
use crate::time::Clock;

/// There is a brand for every so many products.
const PRODUCTS_PER_BRAND: u64 = 8;
/// A shop has one planted pair for this many products at most, or it would sell nothing else.
const PRODUCTS_PER_PAIR: usize = 10;
/// A product that is on sale for a part of the days sells the more on each of them, so that it earns
/// its share; but not more than if it were there for this part of the days.
const DAYS_SHARE_MIN: f64 = 0.25;
/// Shares of all units become whole weights.
const WEIGHT_UNIT: f64 = 1e15;

/// The shop's products; position 0 is product number 1.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    /// Units sold of each product, as weights.
    pub(crate) unit_weights: Vec<u64>,
    pub(crate) popularity: Weighted,
    /// Decides what stores carry.
    pub(super) seed: u64,
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
            seed: settings.seed,
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

/// How many units of each product are sold: what it earns, by its price.
fn unit_weights(settings: &Settings, products: &[Product]) -> Vec<u64> {
    let share = settings.products.top_fifth_revenue_pct / 100.0;
    let mut shares = revenue_shares(products.len(), share);
    let day_count = settings.day_count() as i32;
    let mut rng = block_rng(settings.seed, Stream::Popularity, 0);
    shuffle(&mut rng, &mut shares);
    products
        .iter()
        .zip(shares)
        .map(|(product, share)| {
            let price_cents = f64::from(product.prices[0].price_cents);
            let days = product.retired.min(day_count) - product.launched.max(0);
            let days_share = f64::from(days) / f64::from(day_count);
            (share / price_cents / days_share.max(DAYS_SHARE_MIN) * WEIGHT_UNIT) as u64 + 1
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
    // The first product is carried everywhere, so it follows no other one.
    others.retain(|&index| index > 0);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(products: u64) -> Catalogue {
        let mut settings = Settings::of_size(10_000);
        settings.products.count = Some(products);
        Catalogue::new(&settings)
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
