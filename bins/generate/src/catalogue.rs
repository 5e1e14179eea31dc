//! Products, and how often each of them is bought.

use std::io::Write;

use chrono::{Days, NaiveDate};
use fake::Fake as _;
use fake::faker::name::en::LastName;
use rand::Rng;

use crate::assortment::{CATEGORIES, Category, SubCategory, VARIANTS};
use crate::ids::{CATEGORY, PRODUCT, SUPPLIER};
use crate::random::{Stream, Weighted, any, below, between, block_rng, chance, zipf_weights};
use crate::settings::Settings;
use crate::sheet::Sheet;
use crate::{BLOCK_ROWS, CURRENCY, calendar};

/// The columns of `products.csv`.
pub(crate) const COLUMNS: [&str; 13] = [
    "product_id",
    "product_name",
    "category",
    "sub_category",
    "price",
    "cost",
    "brand",
    "stock_quantity",
    "supplier_id",
    "category_id",
    "currency",
    "is_active",
    "updated_at",
];

/// There is a brand for every so many products.
const PRODUCTS_PER_BRAND: u64 = 8;
const ACTIVE_PCT: u64 = 97;
/// What the shop pays, in percent of the price: always less than the price.
const COST_PCT: (u64, u64) = (42, 79);
const STOCK_MAX: u64 = 1_000;
/// The catalogue was last touched at most this long before the first day of trade.
const CATALOGUE_AGE_DAYS: u64 = 365;
const PRICE_ENDINGS_CENTS: [u64; 6] = [99, 99, 95, 50, 49, 0];

/// What an order needs to know of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) price_cents: u32,
    pub(crate) supplier: u32,
}

/// The shop's products; position 0 is product number 1.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    pub(crate) popularity: Weighted,
    /// Products that can be bought; at least 1.
    pub(crate) active_count: usize,
}

/// Makes the catalogue block by block.
#[derive(Debug)]
pub(crate) struct CatalogueWriter {
    seed: u64,
    start_date: NaiveDate,
    count: u64,
    supplier_count: u64,
    brands: Vec<String>,
    weights: Vec<u64>,
    products: Vec<Product>,
}

impl CatalogueWriter {
    pub(crate) fn new(settings: &Settings) -> Self {
        let count = settings.product_count();
        let mut brand_rng = block_rng(settings.seed, Stream::Brands, 0);
        let brand_count = count.div_ceil(PRODUCTS_PER_BRAND);
        Self {
            seed: settings.seed,
            start_date: settings.start_date,
            count,
            supplier_count: settings.supplier_count(),
            brands: (0..brand_count)
                .map(|_| LastName().fake_with_rng(&mut brand_rng))
                .collect(),
            weights: zipf_weights(&mut block_rng(settings.seed, Stream::Popularity, 0), count),
            products: Vec::with_capacity(count as usize),
        }
    }

    pub(crate) fn block_count(&self) -> u64 {
        self.count.div_ceil(BLOCK_ROWS)
    }

    /// Writes one block; call it for each block in order.
    pub(crate) fn write_block(
        &mut self,
        block: u64,
        sheet: &mut Sheet<impl Write>,
    ) -> anyhow::Result<()> {
        let mut rng = block_rng(self.seed, Stream::Products, block);
        let first = block * BLOCK_ROWS;
        for index in first..self.count.min(first + BLOCK_ROWS) {
            self.write_product(index, &mut rng, sheet)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Catalogue {
        let active_count = self.weights.iter().filter(|&&weight| weight > 0).count();
        Catalogue {
            products: self.products,
            popularity: Weighted::new(self.weights),
            active_count,
        }
    }

    fn write_product(
        &mut self,
        index: u64,
        rng: &mut impl Rng,
        sheet: &mut Sheet<impl Write>,
    ) -> anyhow::Result<()> {
        let category_index = below(rng, CATEGORIES.len() as u64);
        let category: &Category = &CATEGORIES[category_index as usize];
        let sub_category: &SubCategory = any(rng, &category.sub_categories);
        let brand = any(rng, &self.brands);
        let name = product_name(index, brand, sub_category, rng);
        let price_cents = draw_price(rng, sub_category.prices);
        let cost_cents = price_cents * between(rng, COST_PCT.0, COST_PCT.1) / 100;
        let supplier = between(rng, 1, self.supplier_count);
        // A shop without anything to sell has no orders: the first product is always there.
        let is_active = chance(rng, ACTIVE_PCT) || index == 0;
        let age = Days::new(between(rng, 1, CATALOGUE_AGE_DAYS));

        sheet
            .id(PRODUCT.prefix, PRODUCT.width, index + 1)
            .text(&name);
        sheet.text(category.name).text(sub_category.name);
        sheet
            .hundredths(price_cents as i64)
            .hundredths(cost_cents as i64)
            .text(brand);
        sheet
            .number(below(rng, STOCK_MAX + 1))
            .id(SUPPLIER.prefix, SUPPLIER.width, supplier);
        sheet
            .id(CATEGORY.prefix, CATEGORY.width, category_index + 1)
            .text(CURRENCY);
        sheet
            .flag(is_active)
            .timestamp(self.start_date - age, calendar::office_time(rng));
        sheet.end_row()?;

        if !is_active {
            self.weights[index as usize] = 0;
        }
        self.products.push(Product {
            price_cents: price_cents as u32,
            supplier: supplier as u32,
        });
        Ok(())
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
    let cents = if chance(rng, 25) {
        below(rng, 100)
    } else {
        *any(rng, &PRICE_ENDINGS_CENTS)
    };
    whole * 100 + cents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_always_less_than_its_price() -> anyhow::Result<()> {
        let settings = Settings {
            products: Some(3_000),
            ..Settings::default()
        };
        let mut sheet = Sheet::new("products.csv", Vec::new(), &COLUMNS)?;
        let mut writer = CatalogueWriter::new(&settings);
        for block in 0..writer.block_count() {
            writer.write_block(block, &mut sheet)?;
        }
        let bytes = sheet.into_inner()?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut row_count = 0;
        for row in reader.records() {
            let row = row?;
            let (price, cost): (f64, f64) = (row[4].parse()?, row[5].parse()?);
            assert!(0.0 < cost && cost < price, "{row:?}");
            row_count += 1;
        }

        assert_eq!(row_count, 3_000);
        Ok(())
    }

    #[test]
    fn a_shop_of_one_product_can_sell_it() -> anyhow::Result<()> {
        for seed in 0..50 {
            let settings = Settings {
                seed,
                products: Some(1),
                ..Settings::default()
            };
            let mut writer = CatalogueWriter::new(&settings);
            writer.write_block(0, &mut Sheet::new("products.csv", Vec::new(), &COLUMNS)?)?;
            assert_eq!(writer.finish().active_count, 1);
        }
        Ok(())
    }
}
