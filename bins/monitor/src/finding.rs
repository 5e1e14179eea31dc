//! What a check found, how bad that is, and what it costs in health.

use common::config::hex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The checks, by their names in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Check {
    DatabaseConnectivity,
    LastExecution,
    DataFreshness,
    DataVolumeAnomalies,
    DataQuality,
}

impl Check {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DatabaseConnectivity => "database_connectivity",
            Self::LastExecution => "last_execution",
            Self::DataFreshness => "data_freshness",
            Self::DataVolumeAnomalies => "data_volume_anomalies",
            Self::DataQuality => "data_quality",
        }
    }
}

/// Status of a check: that of its worst finding, or unknown where it could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Ok,
    Unknown,
    Warning,
    Error,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    /// What it is about, so that the same thing is known again tomorrow.
    pub(crate) dataset: String,
    pub(crate) level: Level,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(
        check: Check,
        dataset: impl Into<String>,
        level: Level,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            dataset: dataset.into(),
            level,
            message: message.into(),
        }
    }

    /// 16 hexadecimal digits that are the same for the same failure, whatever its figures.
    pub(crate) fn fingerprint(&self) -> String {
        let subject = format!("{}:{}", self.check.name(), self.dataset);
        let mut digits = hex(&Sha256::digest(subject.as_bytes()));
        digits.truncate(16);
        digits
    }
}

/// The worst level of a check's findings.
pub(crate) fn level(findings: &[Finding]) -> Level {
    findings
        .iter()
        .map(|finding| finding.level)
        .max()
        .unwrap_or(Level::Ok)
}

/// How the pipeline is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    Healthy,
    Degraded,
    Critical,
}

/// Score of 0 to 100, and the word for it. Each check costs once, however many findings it has.
pub(crate) fn health(findings: &[Finding]) -> (f64, Health) {
    let levels = [
        Check::DatabaseConnectivity,
        Check::LastExecution,
        Check::DataFreshness,
        Check::DataVolumeAnomalies,
        Check::DataQuality,
    ]
    .map(|check| {
        let of_check = findings.iter().filter(|finding| finding.check == check);
        (
            check,
            of_check
                .map(|finding| finding.level)
                .max()
                .unwrap_or(Level::Ok),
        )
    });
    let cost: u32 = levels
        .iter()
        .map(|(check, level)| cost(*check, *level))
        .sum();
    let score = f64::from(100_u32.saturating_sub(cost));
    let is_unreachable = levels.contains(&(Check::DatabaseConnectivity, Level::Error));
    let has_finding = levels.iter().any(|(_, level)| *level >= Level::Warning);
    let health = if is_unreachable || score < 60.0 {
        Health::Critical
    } else if score < 90.0 || has_finding {
        Health::Degraded
    } else {
        Health::Healthy
    };
    (score, health)
}

/// Points of 100, after the definition of health in the design.
fn cost(check: Check, level: Level) -> u32 {
    match (check, level) {
        (Check::DatabaseConnectivity, Level::Error) => 50,
        (Check::LastExecution, Level::Error) => 30,
        (Check::DataQuality, Level::Error) => 25,
        (Check::DataFreshness | Check::DataVolumeAnomalies, Level::Error) => 20,
        (Check::DataFreshness | Check::DataQuality, Level::Warning) => 10,
        (Check::DataVolumeAnomalies, Level::Warning) => 8,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: Check, level: Level) -> Finding {
        Finding::new(check, "x", level, "y")
    }

    #[test]
    fn nothing_found_is_healthy() {
        assert_eq!(health(&[]), (100.0, Health::Healthy));
    }

    #[test]
    fn every_check_costs_once() {
        let twice = [
            finding(Check::DataFreshness, Level::Warning),
            finding(Check::DataFreshness, Level::Error),
            finding(Check::DataVolumeAnomalies, Level::Warning),
        ];
        assert_eq!(health(&twice), (72.0, Health::Degraded));
    }

    #[test]
    fn any_warning_degrades() {
        let slow = [finding(Check::DatabaseConnectivity, Level::Warning)];
        assert_eq!(health(&slow), (100.0, Health::Degraded));
    }

    #[test]
    fn an_unreachable_server_is_critical_and_so_is_a_score_under_60() {
        let down = [finding(Check::DatabaseConnectivity, Level::Error)];
        assert_eq!(health(&down), (50.0, Health::Critical));
        let late = [
            finding(Check::LastExecution, Level::Error),
            finding(Check::DataFreshness, Level::Error),
        ];
        assert_eq!(health(&late), (50.0, Health::Critical));
    }

    #[test]
    fn the_fingerprint_depends_on_check_and_dataset_only() {
        let mut one = finding(Check::DataQuality, Level::Error);
        let fingerprint = one.fingerprint();
        assert_eq!(fingerprint.len(), 16);
        one.message = "other figures".to_owned();
        one.level = Level::Warning;
        assert_eq!(one.fingerprint(), fingerprint);
        one.dataset = "z".to_owned();
        assert_ne!(one.fingerprint(), fingerprint);
    }
}
