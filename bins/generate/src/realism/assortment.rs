//! How revenue is spread over the products.
//!
//! In: what each line of an order brings. Out: the share of the best fifth of the products, beside
//! `products.top_fifth_revenue_pct`.

use super::measure::{Measure, STANDARD_ERRORS, Unit, ratio};
use crate::settings::ProductSettings;

/// Prices change, products are launched and sold out: what the best fifth was meant to be and what
/// it turned out to be differ by less than this, in points.
const MODEL_SLACK: f64 = 1.0;

/// Revenue of every product. That of every other order is kept apart: what is best in one half by
/// chance alone is not so in the other one.
#[derive(Debug, Default)]
pub(crate) struct Assortment {
    products: Vec<Product>,
    lines: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Product {
    revenue: [f64; 2],
    /// Sum of the squares of what single lines brought.
    squares: f64,
}

impl Product {
    fn total(&self) -> f64 {
        self.revenue[0] + self.revenue[1]
    }
}

impl Assortment {
    /// Of so many products, sold or not.
    pub(crate) fn new(product_count: usize) -> Self {
        Self {
            products: vec![Product::default(); product_count],
            lines: 0,
        }
    }

    pub(crate) fn add_line(&mut self, order: u64, product: u32, revenue: f64) {
        let product = &mut self.products[product as usize];
        product.revenue[(order % 2) as usize] += revenue;
        product.squares += revenue * revenue;
        self.lines += 1;
    }

    /// The share of the best of a sample is too large, since some are best by luck; the share that
    /// the best of one half have in the other half is too small. The tolerance spans both, and four
    /// standard errors of a share of sums.
    pub(crate) fn measure(&self, settings: &ProductSettings) -> Measure {
        let by = |key: fn(&Product) -> f64| {
            let mut ranked = self.products.clone();
            ranked.sort_by(|a, b| key(b).total_cmp(&key(a)));
            ranked
        };
        let best_count = self.products.len().div_ceil(5);
        let ranked = by(Product::total);
        let (best, rest) = ranked.split_at(best_count);
        let sum = |products: &[Product], of: fn(&Product) -> f64| -> f64 {
            products.iter().map(of).sum()
        };
        let revenue = sum(&ranked, Product::total);
        let share = ratio(sum(best, Product::total), revenue);
        let squares = (1.0 - share).powi(2) * sum(best, |it| it.squares)
            + share * share * sum(rest, |it| it.squares);
        let by_half = by(|it| it.revenue[0]);
        let other_half = |products: &[Product]| sum(products, |it| it.revenue[1]);
        let luck = share - ratio(other_half(&by_half[..best_count]), other_half(&by_half));
        let standard_error = ratio(squares.sqrt(), revenue);
        Measure {
            group: "revenue of the best fifth of products",
            name: String::new(),
            unit: Unit::Percent,
            asked: settings.top_fifth_revenue_pct,
            found: 100.0 * share,
            tolerance: 100.0 * (STANDARD_ERRORS * standard_error + luck.max(0.0)) + MODEL_SLACK,
            cases: self.lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Verdict;
    use super::*;
    use crate::settings::Settings;

    /// A hundred products, of which the first twenty share so much of the revenue.
    fn verdict(best_pct: u64, lines: u64) -> Verdict {
        let mut assortment = Assortment::new(100);
        for line in 0..lines {
            // A sequence that spreads evenly, without a generator.
            let drawn = line * 7_919 % 10_007;
            let product = if drawn % 100 < best_pct {
                drawn / 100 % 20
            } else {
                20 + drawn / 100 % 80
            };
            assortment.add_line(line, product as u32, 10.0);
        }
        assortment.measure(&Settings::of_size(1).products).verdict()
    }

    #[test]
    fn the_best_fifth_has_the_revenue_that_was_asked_for() {
        assert_eq!(verdict(68, 20_000), Verdict::Ok);
        assert_eq!(verdict(68, 200), Verdict::Ok);
        assert_eq!(verdict(60, 20_000), Verdict::Off);
        assert_eq!(verdict(76, 20_000), Verdict::Off);
        assert_eq!(verdict(68, 0), Verdict::TooFew);
    }
}
