//! `[warehouse]` of the configuration.

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Config, Failure};
use serde::Deserialize;
use validator::Validate;

/// What the calendar cannot know by itself, and how far ahead partitions are made.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Month in which the fiscal year begins; 1 makes it the calendar year.
    #[validate(range(min = 1, max = 12))]
    pub(crate) fiscal_year_first_month: i32,
    /// Days that are holidays.
    pub(crate) holidays: Vec<NaiveDate>,
    /// Months after the last fact, and after the business date, whose partitions are made ahead.
    #[validate(range(min = 0, max = 60))]
    pub(crate) partition_months_ahead: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fiscal_year_first_month: 1,
            holidays: Vec::new(),
            partition_months_ahead: 3,
        }
    }
}

impl Settings {
    pub(crate) fn load(config: &Config) -> anyhow::Result<Self> {
        let settings: Self = config.section("warehouse")?;
        settings.validate().context(Failure::usage(
            "[warehouse] of the configuration is not valid",
        ))?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thirteenth_month_is_refused() {
        let settings = Settings {
            fiscal_year_first_month: 13,
            ..Settings::default()
        };
        assert!(settings.validate().is_err());
        assert!(Settings::default().validate().is_ok());
    }
}
