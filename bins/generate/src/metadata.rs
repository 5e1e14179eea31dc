//! `generation_metadata.json`: what was made, when, and from which seed.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use serde::Serialize;

use crate::settings::Settings;
use crate::shop::ShopFiles;

pub(crate) const METADATA_FILE: &str = "generation_metadata.json";

#[derive(Debug, Serialize)]
pub(crate) struct Metadata {
    generated_at: DateTime<Utc>,
    seed: u64,
    record_counts: RecordCounts,
    transaction_date_range: DateRange,
    /// Planted faults by kind: none in a healthy shop.
    faults: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct RecordCounts {
    customers: u64,
    products: u64,
    transactions: u64,
    transaction_items: u64,
}

#[derive(Debug, Serialize)]
struct DateRange {
    start_date: NaiveDate,
    end_date: NaiveDate,
}

impl Metadata {
    pub(crate) fn new<W: Write>(
        generated_at: DateTime<Utc>,
        settings: &Settings,
        files: &ShopFiles<W>,
    ) -> Self {
        Self {
            generated_at: generated_at.trunc_subsecs(0),
            seed: settings.seed,
            record_counts: RecordCounts {
                customers: files.customers.row_count(),
                products: files.products.row_count(),
                transactions: files.transactions.row_count(),
                transaction_items: files.items.row_count(),
            },
            transaction_date_range: DateRange {
                start_date: settings.start_date,
                end_date: settings.end_date,
            },
            faults: BTreeMap::new(),
        }
    }
}
