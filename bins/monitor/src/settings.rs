//! Section `[monitor]` of the settings.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use common::Failure;
use serde::Deserialize;

/// The datasets whose freshness is measured, in the order of the way of the data.
pub(crate) const DATASETS: [&str; 3] = [
    "staging.transactions",
    "production.transactions",
    "warehouse.fact_sales",
];

/// What counts as late, and whose days are complete.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The orchestrator must have run within this time.
    pub threshold_hours: f64,
    /// Data older than this is a warning.
    pub warn_after_h: f64,
    /// Data older than this is an error.
    pub error_after_h: f64,
    /// A slower answer of the server is a warning.
    pub response_ms_max: f64,
    /// Sources that deliver every day: their series of orders goes on to yesterday, so that a day
    /// without any order is an outage. That of any other source ends with its newest order.
    pub live_sources: Vec<String>,
    /// Sources that came once, whose age is nobody's concern.
    pub unwatched_sources: Vec<String>,
    /// Promotions and holidays, which the detector of volumes leaves out.
    pub excluded_days: Vec<NaiveDate>,
    /// What is expected of single datasets, by name.
    pub datasets: BTreeMap<String, Expectation>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold_hours: 25.0,
            warn_after_h: 26.0,
            error_after_h: 50.0,
            response_ms_max: 1_000.0,
            live_sources: Vec::new(),
            unwatched_sources: Vec::new(),
            excluded_days: Vec::new(),
            datasets: BTreeMap::new(),
        }
    }
}

/// What is expected of one dataset, where it differs from the rest.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// What its age is counted from.
    pub basis: Basis,
    /// Older than this is a warning.
    pub warn_after_h: Option<f64>,
    /// Older than this is an error.
    pub error_after_h: Option<f64>,
}

/// What the age of a dataset is counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The time at which it was last loaded.
    #[default]
    Load,
    /// Its newest order that is not in the future.
    Business,
}

impl Settings {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// Exit code 2; names the key.
    pub(crate) fn validated(self) -> anyhow::Result<Self> {
        for name in self.datasets.keys() {
            if !DATASETS.contains(&name.as_str()) {
                let known = DATASETS.join("`, `");
                return Err(usage(format!("dataset `{name}` is none of `{known}`")));
            }
        }
        for name in DATASETS {
            let (_, warn_after_h, error_after_h) = self.expectation(name);
            if !(warn_after_h > 0.0 && warn_after_h <= error_after_h) {
                return Err(usage(format!(
                    "warn_after_h ({warn_after_h}) of `{name}` must be over 0 and not over \
                     error_after_h ({error_after_h})"
                )));
            }
        }
        if self.threshold_hours.is_nan() || self.threshold_hours <= 0.0 {
            return Err(usage("threshold_hours must be over 0".to_owned()));
        }
        Ok(self)
    }

    /// Basis, `warn_after_h` and `error_after_h` of a dataset.
    pub(crate) fn expectation(&self, dataset: &str) -> (Basis, f64, f64) {
        let own = self.datasets.get(dataset).copied().unwrap_or_default();
        (
            own.basis,
            own.warn_after_h.unwrap_or(self.warn_after_h),
            own.error_after_h.unwrap_or(self.error_after_h),
        )
    }
}

fn usage(message: String) -> anyhow::Error {
    Failure::usage(format!("in section [monitor]: {message}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert!(Settings::default().validated().is_ok());
    }

    #[test]
    fn an_unknown_dataset_is_named() {
        let mut settings = Settings::default();
        settings
            .datasets
            .insert("production.orders".to_owned(), Expectation::default());
        let error = settings.validated().expect_err("an unknown dataset");
        assert!(error.to_string().contains("production.orders"));
    }

    #[test]
    fn a_warning_after_the_error_is_refused() {
        let settings = Settings {
            warn_after_h: 60.0,
            ..Settings::default()
        };
        assert!(settings.validated().is_err());
    }
}
