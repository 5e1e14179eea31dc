//! The verdict on one batch: kept in `ops.quality_runs`, and the model of every report.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::score::TableScore;

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decision {
    /// Nothing failed.
    Pass,
    /// Something failed that is no reason to stop.
    Warn,
    /// The batch is not published.
    Block,
}

impl Decision {
    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    /// The one with this name in the database.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Pass, Self::Warn, Self::Block]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// The gate of one batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gate {
    /// What follows from the failures.
    pub(crate) decision: Decision,
    /// Least score.
    pub(crate) min_score: f64,
    /// Checks, guards and limits that stop the batch.
    pub(crate) blocking_failures: Vec<String>,
    /// Why a person let the batch pass all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accepted_because: Option<String>,
}

impl Gate {
    /// Whether the batch must not be published.
    pub(crate) fn is_closed(&self) -> bool {
        self.decision == Decision::Block && self.accepted_because.is_none()
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CheckStatus {
    /// As it must be.
    Pass,
    /// An error or worse.
    Fail,
    /// A warning.
    Warn,
    /// Disabled, or there was nothing to look at.
    Skip,
}

impl CheckStatus {
    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Skip => "skip",
        }
    }

    /// The one with this name in the database.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Warn, Self::Skip]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// One check of a batch; the names are those of the published report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckResult {
    /// The check.
    pub(crate) check_id: String,
    /// The source of the batch.
    pub(crate) source: String,
    /// Contract and version.
    pub(crate) contract: String,
    /// What is asserted.
    pub(crate) assertion: String,
    /// `staging.<entity>`.
    pub(crate) dataset: String,
    /// The column, where it is about one.
    pub(crate) column: Option<String>,
    /// The kind of quality.
    pub(crate) dimension: String,
    /// info, warn, error or critical.
    pub(crate) severity: String,
    /// How it ended.
    pub(crate) status: CheckStatus,
    /// Whether that is as it must be.
    pub(crate) success: bool,
    /// Rows looked at; 1 for a check of the whole table.
    pub(crate) element_count: u64,
    /// Rows without a value, where that is what is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) missing_count: Option<u64>,
    /// Rows that fail.
    pub(crate) unexpected_count: u64,
    /// Of all looked at.
    pub(crate) unexpected_percent: f64,
    /// What the contract asks for.
    pub(crate) expected: String,
    /// What was found.
    pub(crate) actual: String,
    /// What was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    /// Language of `content`.
    #[serde(
        rename = "contentType",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) content_type: Option<String>,
    /// Keys of the first rows that fail, and never another value.
    pub(crate) partial_unexpected_index_list: Vec<Map<String, Value>>,
    /// Rows that it sent to quarantine.
    pub(crate) quarantined_rows: u64,
    /// Seconds, its share of the scan.
    pub(crate) execution_time: f64,
    /// Whether the source's own rules changed it.
    #[serde(default)]
    pub(crate) overridden: bool,
}

/// One table of a batch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TableVerdict {
    /// The entity.
    pub(crate) dataset: String,
    /// Weight in the overall score.
    pub(crate) criticality: u32,
    /// None where there was nothing to measure.
    pub(crate) score: Option<TableScore>,
    /// Rows of the batch.
    pub(crate) rows_staged: u64,
    /// Rows that break a rule of severity error.
    pub(crate) rows_quarantined: u64,
    /// Rows held back for another's fault.
    pub(crate) rows_consequence: u64,
    /// Second copies and older versions.
    pub(crate) rows_superseded: u64,
    /// Rows that are published with a warning.
    pub(crate) rows_warned: u64,
    /// Seconds.
    pub(crate) execution_time: f64,
}

/// All that was found out about a batch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BatchVerdict {
    /// The batch.
    pub(crate) batch_id: i64,
    /// Its source.
    pub(crate) source: String,
    /// Start of the run that judged it.
    pub(crate) judged_at: String,
    /// 0 to 100.
    pub(crate) score: f64,
    /// A to F.
    pub(crate) grade: String,
    /// Whether it may be published.
    pub(crate) gate: Gate,
    /// What the source's own rules changed.
    pub(crate) overrides: Vec<String>,
    /// Its tables.
    pub(crate) tables: Vec<TableVerdict>,
    /// Its checks.
    pub(crate) results: Vec<CheckResult>,
}
