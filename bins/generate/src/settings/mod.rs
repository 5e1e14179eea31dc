//! How large a shop to make, when it traded and how it behaves: flags over the environment over
//! `config/generate.toml` over the same file as it was when the program was built.

mod parts;
mod scale;

use std::borrow::Cow;

use chrono::NaiveDate;
use common::Failure;
use common::config::Config;
use serde::Deserialize;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::Options;
use crate::faults::{FaultSettings, check_wholes};
pub use parts::{
    Baskets, CalendarSettings, Carrier, Channels, CustomerSettings, OrderSettings, ProductSettings,
    Promotion, Stock, Stream, Web,
};
pub use scale::Scale;

/// The file that explains every setting holds its default, too.
const DEFAULTS: &str = include_str!("../../../../config/generate.toml");

/// Customers and products are kept in memory (about 50 bytes each), so their number has a limit.
const SCALED_CUSTOMERS_MAX: u64 = 1_000_000;

/// `config/generate.toml`; what each key means and its range stand there.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_dates"))]
#[validate(schema(function = "check_carriers"))]
#[validate(schema(function = "check_wholes"))]
#[allow(missing_docs)]
pub struct Settings {
    /// Up to 2⁶³ − 1, the largest number that TOML knows.
    pub seed: u64,
    pub scale: Scale,
    pub start_date: NaiveDate,
    pub end_date: NaiveDate,
    #[validate(range(min = 0, max = 256))]
    pub threads: usize,
    pub compression: Compression,
    #[validate(range(min = 0, max = 3_660))]
    pub days: u32,
    #[validate(nested)]
    pub calendar: CalendarSettings,
    #[validate(nested, length(min = 0, max = 50))]
    pub promotions: Vec<Promotion>,
    #[validate(nested)]
    pub customers: CustomerSettings,
    #[validate(nested)]
    pub products: ProductSettings,
    #[validate(nested)]
    pub baskets: Baskets,
    #[validate(nested)]
    pub orders: OrderSettings,
    #[validate(nested)]
    pub channels: Channels,
    #[validate(nested, length(min = 1, max = 20))]
    pub carriers: Vec<Carrier>,
    #[validate(nested)]
    pub stock: Stock,
    #[validate(nested)]
    pub web: Web,
    #[validate(nested)]
    pub stream: Stream,
    #[validate(nested)]
    pub faults: FaultSettings,
}

/// How the files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, by blocks.
    Gz,
    /// Zstandard, by blocks.
    Zst,
}

impl Settings {
    /// The program's settings with the flags over them, checked.
    ///
    /// # Errors
    /// A usage failure that names each setting out of its range.
    pub fn load(config: &Config, options: &Options) -> anyhow::Result<Self> {
        config
            .section_over::<Self>("generate", DEFAULTS)?
            .overridden_by(options)
    }

    fn overridden_by(mut self, options: &Options) -> anyhow::Result<Self> {
        self.seed = options.seed.unwrap_or(self.seed);
        self.scale = options.scale.unwrap_or(self.scale);
        self.customers.count = options.customers.or(self.customers.count);
        self.products.count = options.products.or(self.products.count);
        self.start_date = options.start_date.unwrap_or(self.start_date);
        self.end_date = options.end_date.unwrap_or(self.end_date);
        self.threads = options.threads.unwrap_or(self.threads);
        self.compression = options.compression.unwrap_or(self.compression);
        self.days = options.days.unwrap_or(self.days);
        self.faults.override_by(&options.faults);
        self.validate()
            .map_err(|errors| Failure::usage(explain(&errors)))?;
        Ok(self)
    }

    /// Transactions in all.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.scale.transactions()
    }

    /// Customers as asked for, or as many as fit the number of transactions.
    #[must_use]
    pub fn customer_count(&self) -> u64 {
        self.customers
            .count
            .unwrap_or((self.transactions() / 10).clamp(1, SCALED_CUSTOMERS_MAX))
    }

    /// Products as asked for, or as many as fit the number of transactions.
    #[must_use]
    pub fn product_count(&self) -> u64 {
        self.products
            .count
            .unwrap_or(5 * self.transactions().isqrt())
    }

    /// Stores of stone as asked for, or as many as fit the number of transactions.
    #[must_use]
    pub fn store_count(&self) -> u64 {
        let scaled = 3 * self.transactions().isqrt().isqrt() / 10;
        self.channels.stores.unwrap_or(scaled.clamp(1, 200))
    }

    /// Orders in the web shop, on marketplaces and in stores of stone, in percent. Without a store
    /// the web shop sells what stores would.
    #[must_use]
    pub fn channel_pct(&self) -> [f64; 3] {
        let Channels {
            online_pct,
            marketplace_pct,
            ..
        } = self.channels;
        let rest_pct = 100.0 - online_pct - marketplace_pct;
        if self.store_count() == 0 {
            [online_pct + rest_pct, marketplace_pct, 0.0]
        } else {
            [online_pct, marketplace_pct, rest_pct]
        }
    }

    /// One supplier for every 20 products.
    #[must_use]
    pub fn supplier_count(&self) -> u64 {
        self.product_count().div_ceil(20)
    }

    /// Days of trade.
    #[must_use]
    pub fn day_count(&self) -> u64 {
        (self.end_date - self.start_date).num_days().unsigned_abs() + 1
    }

    /// Threads as asked for, or as many as there are processors.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// One line for each setting that is out of its range.
fn explain(errors: &ValidationErrors) -> String {
    let mut lines = Vec::new();
    collect(errors, "", &mut lines);
    lines.sort_unstable();
    format!(
        "failed to use the settings of the synthetic shop: {}\n  \
         hint: mend the flag, or config/generate.toml, which tells every range",
        lines.join("; ")
    )
}

/// Errors with the path of their key: `customers.earlier_pct`, `carriers.2.cost`.
fn collect(errors: &ValidationErrors, above: &str, lines: &mut Vec<String>) {
    for (field, kind) in errors.errors() {
        // What concerns several settings names them itself.
        let is_whole = field == "__all__";
        let path = match (is_whole, above.is_empty()) {
            (true, _) => above.to_owned(),
            (false, true) => field.to_string(),
            (false, false) => format!("{above}.{field}"),
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &path, lines),
            ValidationErrorsKind::List(inner) => {
                for (position, inner) in inner {
                    collect(inner, &format!("{path}.{}", position + 1), lines);
                }
            }
            ValidationErrorsKind::Field(found) => lines.extend(
                found
                    .iter()
                    .map(|error| with_path(&path, is_whole, &reason(error))),
            ),
        }
    }
}

/// A message of a whole table begins with the key that it is about.
fn with_path(path: &str, is_whole: bool, reason: &str) -> String {
    match (path, is_whole) {
        ("", _) => reason.to_owned(),
        (_, true) => format!("{path}.{reason}"),
        (_, false) => format!("{path} {reason}"),
    }
}

/// What is wrong: in words of its own, or with the range that the setting's declaration has.
fn reason(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let limit = |name: &str| {
        error
            .params
            .get(name)
            .map_or_else(String::new, ToString::to_string)
    };
    let unit = if error.code == "length" { " long" } else { "" };
    format!("must be from {} to {}{unit}", limit("min"), limit("max"))
}

fn check_dates(settings: &Settings) -> Result<(), ValidationError> {
    let Settings {
        start_date,
        end_date,
        days,
        ..
    } = settings;
    let first = NaiveDate::from_ymd_opt(1980, 1, 1);
    let last = NaiveDate::from_ymd_opt(2099, 12, 31);
    if start_date > end_date {
        let message = format!("start_date {start_date} is after end_date {end_date}");
        return Err(explained("dates", message.into()));
    }
    if Some(*start_date) < first || Some(*end_date) > last {
        return Err(explained(
            "dates",
            "dates must be from 1980-01-01 to 2099-12-31".into(),
        ));
    }
    if u64::from(*days) > settings.day_count() {
        let message = format!(
            "days {days} is more than the {} days from start_date to end_date",
            settings.day_count()
        );
        return Err(explained("days", message.into()));
    }
    Ok(())
}

fn check_carriers(settings: &Settings) -> Result<(), ValidationError> {
    let carriers = &settings.carriers;
    if !carriers.is_empty() && carriers.iter().all(|carrier| carrier.weight == 0) {
        let message = "carriers must have a weight, one of them at least";
        return Err(explained("carriers", message.into()));
    }
    let mut names: Vec<&str> = carriers
        .iter()
        .map(|carrier| carrier.name.as_str())
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            let message = format!("carriers has `{}` twice", pair[0]);
            Err(explained("carriers", message.into()))
        }
        None => Ok(()),
    }
}

/// A validation error with a message for people.
pub(crate) fn explained(code: &'static str, message: Cow<'static, str>) -> ValidationError {
    ValidationError::new(code).with_message(message)
}

#[cfg(test)]
impl Settings {
    /// The shop of `config/generate.toml` with so many transactions.
    pub(crate) fn of_size(transactions: u64) -> Self {
        let mut settings: Self = toml::from_str(DEFAULTS).expect("the defaults");
        settings.scale = transactions.to_string().parse().expect("a scale");
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_shop_has_the_agreed_size() -> anyhow::Result<()> {
        let settings: Settings = toml::from_str(DEFAULTS)?;

        assert_eq!(
            (
                settings.transactions(),
                settings.customer_count(),
                settings.product_count(),
                settings.store_count(),
            ),
            (10_000, 1_000, 500, 3)
        );
        assert!(settings.validate().is_ok());
        Ok(())
    }

    #[test]
    fn customers_and_products_follow_the_transactions() {
        for (transactions, customers, products) in [
            (1, 1, 5),
            (100, 10, 50),
            (1_000_000, 100_000, 5_000),
            (50_000_000, 1_000_000, 35_355),
        ] {
            let settings = Settings::of_size(transactions);
            assert_eq!(settings.customer_count(), customers);
            assert_eq!(settings.product_count(), products);
        }
    }

    #[test]
    fn flags_win_over_the_file() -> anyhow::Result<()> {
        let mut file = Settings::of_size(500);
        file.customers.count = Some(7);
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
        let mut wrong = Settings::of_size(500);
        wrong.customers.earlier_pct = 101.0;
        wrong.carriers[1].transit_days = 0;
        wrong.orders.return_days = [9, 3];
        let error = wrong.overridden_by(&Options::default()).unwrap_err();
        let text = format!("{error:#}");
        for part in [
            "customers.earlier_pct must be from 0.0 to 100.0",
            "carriers.2.transit_days must be from 1 to 30",
            "orders.return_days must be two numbers from 1 to 60",
        ] {
            assert!(text.contains(part), "{text}");
        }

        let backwards = Options {
            start_date: NaiveDate::from_ymd_opt(2026, 1, 1),
            ..Options::default()
        };
        let error = Settings::of_size(1).overridden_by(&backwards).unwrap_err();
        assert!(
            format!("{error:#}").contains("is after end_date 2025-12-31"),
            "{error:#}"
        );
    }
}
