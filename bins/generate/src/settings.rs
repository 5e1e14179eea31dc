//! How large a shop to make, and when it traded: flags over `[generate]` over defaults.

use std::borrow::Cow;

use chrono::NaiveDate;
use common::Failure;
use serde::Deserialize;
use validator::{Validate, ValidationError, ValidationErrors};

use crate::Options;

/// Customers and products are kept in memory (about 24 bytes each), so their number has a limit.
const SCALED_CUSTOMERS_MAX: u64 = 1_000_000;
const WEIGHT_MAX: u32 = 1_000_000;

/// Section `[generate]` of `config/pipeline.toml`.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "check_dates"))]
pub struct Settings {
    /// The same seed gives the same bytes. Up to 2⁶³ − 1, the largest number that TOML knows.
    pub seed: u64,
    /// Transactions in all.
    #[validate(range(min = 1, max = 1_000_000_000, message = "must be from 1 to 1000000000"))]
    pub transactions: u64,
    /// Customers; without it one for every 10 transactions, up to a million.
    #[validate(range(min = 1, max = 10_000_000, message = "must be from 1 to 10000000"))]
    pub customers: Option<u64>,
    /// Products; without it 500 for 10,000 transactions, growing with the square root.
    #[validate(range(min = 1, max = 1_000_000, message = "must be from 1 to 1000000"))]
    pub products: Option<u64>,
    /// First day of trade.
    pub start_date: NaiveDate,
    /// Last day of trade.
    pub end_date: NaiveDate,
    /// How often a transaction has 1, 2, 3, 4 and 5 lines, as weights.
    #[validate(custom(function = "check_weights"))]
    pub line_count_weights: [u32; 5],
    /// Lines with a discount, in percent of all lines.
    #[validate(range(max = 100, message = "must be from 0 to 100"))]
    pub discounted_lines_pct: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 42,
            transactions: 10_000,
            customers: None,
            products: None,
            start_date: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default(),
            end_date: NaiveDate::from_ymd_opt(2025, 12, 31).unwrap_or_default(),
            line_count_weights: [15, 20, 30, 20, 15],
            discounted_lines_pct: 30,
        }
    }
}

impl Settings {
    /// These settings with the flags over them, checked.
    ///
    /// # Errors
    /// A usage failure that names each setting out of its range.
    pub fn overridden_by(mut self, options: &Options) -> anyhow::Result<Self> {
        self.seed = options.seed.unwrap_or(self.seed);
        self.transactions = options.transactions.unwrap_or(self.transactions);
        self.customers = options.customers.or(self.customers);
        self.products = options.products.or(self.products);
        self.start_date = options.start_date.unwrap_or(self.start_date);
        self.end_date = options.end_date.unwrap_or(self.end_date);
        self.validate()
            .map_err(|errors| Failure::usage(explain(&errors)))?;
        Ok(self)
    }

    /// Customers as asked for, or as many as fit the number of transactions.
    #[must_use]
    pub fn customer_count(&self) -> u64 {
        self.customers
            .unwrap_or((self.transactions / 10).clamp(1, SCALED_CUSTOMERS_MAX))
    }

    /// Products as asked for, or as many as fit the number of transactions.
    #[must_use]
    pub fn product_count(&self) -> u64 {
        self.products.unwrap_or(5 * self.transactions.isqrt())
    }

    /// Lines to expect, from the weights of the line counts.
    #[must_use]
    pub fn expected_line_count(&self) -> u64 {
        let weights = self.line_count_weights.map(u64::from);
        let lines: u64 = weights
            .iter()
            .zip(1..)
            .map(|(weight, count)| weight * count)
            .sum();
        self.transactions * lines / weights.iter().sum::<u64>()
    }

    /// One supplier for every 20 products.
    #[must_use]
    pub fn supplier_count(&self) -> u64 {
        self.product_count().div_ceil(20)
    }
}

/// One line for each setting that is out of its range.
fn explain(errors: &ValidationErrors) -> String {
    let mut lines: Vec<String> = errors
        .field_errors()
        .iter()
        .flat_map(|(field, errors)| errors.iter().map(move |error| (field, error)))
        .map(|(field, error)| {
            let message = error.message.as_deref().unwrap_or("is not valid");
            // What concerns several settings names them itself.
            if field == "__all__" {
                message.to_owned()
            } else {
                format!("{field} {message}")
            }
        })
        .collect();
    lines.sort_unstable();
    format!(
        "failed to use the settings of the synthetic shop: {}\n  \
         hint: mend the flag, or [generate] in config/pipeline.toml",
        lines.join("; ")
    )
}

fn check_weights(weights: &[u32; 5]) -> Result<(), ValidationError> {
    let is_fine = weights.iter().all(|&weight| weight <= WEIGHT_MAX);
    if !is_fine || weights.iter().all(|&weight| weight == 0) {
        let message = format!("must be from 0 to {WEIGHT_MAX} each, and one of them more than 0");
        return Err(explained("weights", message.into()));
    }
    Ok(())
}

fn check_dates(settings: &Settings) -> Result<(), ValidationError> {
    let Settings {
        start_date,
        end_date,
        ..
    } = settings;
    let first = NaiveDate::from_ymd_opt(1980, 1, 1);
    let last = NaiveDate::from_ymd_opt(2199, 12, 31);
    if start_date > end_date {
        let message = format!("start_date {start_date} is after end_date {end_date}");
        return Err(explained("dates", message.into()));
    }
    if Some(*start_date) < first || Some(*end_date) > last {
        return Err(explained(
            "dates",
            "dates must be from 1980-01-01 to 2199-12-31".into(),
        ));
    }
    Ok(())
}

fn explained(code: &'static str, message: Cow<'static, str>) -> ValidationError {
    ValidationError::new(code).with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_shop_has_the_agreed_size() {
        let settings = Settings::default();

        assert_eq!(
            (
                settings.transactions,
                settings.customer_count(),
                settings.product_count()
            ),
            (10_000, 1_000, 500)
        );
        assert_eq!(settings.expected_line_count(), 30_000);
    }

    #[test]
    fn customers_and_products_follow_the_transactions() -> anyhow::Result<()> {
        for (transactions, customers, products) in [
            (1, 1, 5),
            (100, 10, 50),
            (1_000_000, 100_000, 5_000),
            (50_000_000, 1_000_000, 35_355),
        ] {
            let options = Options {
                transactions: Some(transactions),
                ..Options::default()
            };
            let settings = Settings::default().overridden_by(&options)?;

            assert_eq!(settings.customer_count(), customers);
            assert_eq!(settings.product_count(), products);
        }
        Ok(())
    }

    #[test]
    fn flags_win_over_the_file() -> anyhow::Result<()> {
        let file = Settings {
            customers: Some(7),
            seed: 1,
            ..Settings::default()
        };
        let options = Options {
            seed: Some(2),
            ..Options::default()
        };
        let settings = file.overridden_by(&options)?;

        assert_eq!((settings.seed, settings.customer_count()), (2, 7));
        Ok(())
    }

    #[test]
    fn settings_out_of_range_are_refused_and_named() {
        let none = Options {
            transactions: Some(0),
            ..Options::default()
        };
        let error = Settings::default().overridden_by(&none).unwrap_err();
        assert!(
            format!("{error:#}").contains("transactions must be from 1 to"),
            "{error:#}"
        );

        let backwards = Options {
            start_date: NaiveDate::from_ymd_opt(2026, 1, 1),
            ..Options::default()
        };
        let error = Settings::default().overridden_by(&backwards).unwrap_err();
        assert!(
            format!("{error:#}").contains("is after end_date 2025-12-31"),
            "{error:#}"
        );
    }
}
