//! `[warehouse]` of the configuration.

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Config, Failure};
use serde::Deserialize;
use validator::Validate;

use crate::declaration::{DEFAULTS, Dimensions};

/// What the warehouse cannot know by itself: the calendar of the firm, what has history, and how
/// far ahead partitions are made.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Month in which the fiscal year begins; 1 makes it the calendar year.
    #[serde(default = "january")]
    #[validate(range(min = 1, max = 12))]
    pub(crate) fiscal_year_first_month: i32,
    /// Days that are holidays.
    #[serde(default)]
    pub(crate) holidays: Vec<NaiveDate>,
    /// Months after the last fact, and after the business date, whose partitions are made ahead.
    #[serde(default = "three_months")]
    #[validate(range(min = 0, max = 60))]
    pub(crate) partition_months_ahead: i32,
    /// Which attributes of a dimension have history.
    pub(crate) dimensions: Dimensions,
}

fn january() -> i32 {
    1
}

fn three_months() -> i32 {
    3
}

impl Settings {
    pub(crate) fn load(config: &Config) -> anyhow::Result<Self> {
        let settings: Self = config.section_over("warehouse", DEFAULTS)?;
        settings.validate().context(Failure::usage(
            "[warehouse] of the configuration is not valid",
        ))?;
        settings.dimensions.check()?;
        Ok(settings)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The settings that a file with this text amounts to.
    pub(crate) fn settings(text: &str) -> anyhow::Result<Settings> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("pipeline.toml");
        std::fs::write(&path, text)?;
        Settings::load(&Config::load(&path)?)
    }

    #[test]
    fn a_thirteenth_month_is_refused() {
        assert!(settings("[warehouse]\nfiscal_year_first_month = 13").is_err());
        assert!(settings("[warehouse]\nfiscal_year_first_month = 12").is_ok());
    }
}
