//! Section `[cleanup]` of the settings: how many days things are kept.

use common::Failure;
use serde::Deserialize;

/// A century: longer ones are slips of the hand.
const DAYS_MAX: u32 = 36_500;

/// Days of retention, at least one each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Log files, by the date in their names.
    pub logs_days: u32,
    /// Each run's own copy of a report; the latest report of a kind always stays.
    pub reports_days: u32,
    /// `ops.runs` and `ops.stage_runs`.
    pub runs_days: u32,
    /// `ops.check_results` and `ops.rejections` of closed batches.
    pub results_days: u32,
    /// Entries of the quarantine that are closed.
    pub quarantine_days: u32,
    /// Records of raw files whose batch was given up.
    pub raw_files_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            logs_days: 30,
            reports_days: 90,
            runs_days: 365,
            results_days: 180,
            quarantine_days: 365,
            raw_files_days: 30,
        }
    }
}

impl Settings {
    /// Refuses a retention of nothing, which is more often a slip than a wish.
    ///
    /// # Errors
    /// Exit code 2; names the key.
    pub(crate) fn validated(self) -> anyhow::Result<Self> {
        let keys = [
            ("logs_days", self.logs_days),
            ("reports_days", self.reports_days),
            ("runs_days", self.runs_days),
            ("results_days", self.results_days),
            ("quarantine_days", self.quarantine_days),
            ("raw_files_days", self.raw_files_days),
        ];
        match keys.iter().find(|(_, days)| !(1..=DAYS_MAX).contains(days)) {
            Some((key, _)) => {
                let message = format!("in section [cleanup]: {key} must be from 1 to {DAYS_MAX}");
                Err(Failure::usage(message).into())
            }
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_of_nothing_is_refused() {
        assert!(Settings::default().validated().is_ok());
        let settings = Settings {
            runs_days: 0,
            ..Settings::default()
        };
        let error = settings.validated().expect_err("no day");
        assert!(error.to_string().contains("runs_days"));
    }
}
