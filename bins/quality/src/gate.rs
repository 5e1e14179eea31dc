//! The gate: what stops a batch. A score never outvotes a critical failure.

use crate::check::{Check, Severity};
use crate::settings::Settings;
use crate::verdict::{CheckStatus, Decision, Gate, TableVerdict};

/// Name of the failure "the score is too low".
const LOW_SCORE: &str = "overall_quality_score";
/// Name of the failure "the score fell".
const SCORE_DROP: &str = "quality_score_drop";

/// Everything that the decision depends on.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    /// Checks that block by themselves, and guards that tripped.
    pub(crate) blocking_checks: Vec<String>,
    pub(crate) statuses: Vec<CheckStatus>,
    pub(crate) tables: &'a [TableVerdict],
    pub(crate) score: f64,
    /// Scores of the source's earlier batches, the newest first.
    pub(crate) recent_scores: &'a [f64],
}

/// Whether the failure of a check stops the batch. Rows that break a rule without a threshold are
/// in quarantine, so that only critical ones do; where a contract says how much it tolerates, or
/// looks at the table as a whole, nothing was mended by quarantine.
pub(crate) fn blocks(check: &Check) -> bool {
    match check.severity {
        Severity::Critical => true,
        Severity::Error => check.threshold.is_some(),
        Severity::Warning | Severity::Info => false,
    }
}

/// Datasets that lose too many rows to be drained into quarantine.
pub(crate) fn drained_too_much(table: &TableVerdict, settings: &Settings) -> bool {
    let percent = percent(table.rows_quarantined, table.rows_staged);
    table.rows_quarantined >= settings.quarantined_rows_min
        && percent > settings.quarantined_percent_max
}

pub(crate) fn decide(evidence: Evidence<'_>, settings: &Settings, accept: Option<&str>) -> Gate {
    let mut failures = evidence.blocking_checks;
    for table in evidence
        .tables
        .iter()
        .filter(|table| drained_too_much(table, settings))
    {
        failures.push(format!("{}.quarantined_percent", table.dataset));
    }
    if evidence.score < settings.min_score {
        failures.push(LOW_SCORE.to_owned());
    }
    let runs_min = settings.score_runs_min as usize;
    let median =
        median(evidence.recent_scores).filter(|_| evidence.recent_scores.len() >= runs_min);
    if median.is_some_and(|median| median - evidence.score > settings.score_drop_max) {
        failures.push(SCORE_DROP.to_owned());
    }
    let has_failed = |status: &CheckStatus| matches!(status, CheckStatus::Fail | CheckStatus::Warn);
    let decision = if !failures.is_empty() {
        Decision::Block
    } else if evidence.statuses.iter().any(has_failed) {
        Decision::Warn
    } else {
        Decision::Pass
    };
    let is_accepted = decision == Decision::Block;
    Gate {
        decision,
        min_score: settings.min_score,
        blocking_failures: failures,
        accepted_because: accept.filter(|_| is_accepted).map(str::to_owned),
    }
}

/// `part` of `all` in percent; 0 of nothing is 0.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows stay far below 2^52"
)]
pub(crate) fn percent(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        100.0 * part as f64 / all as f64
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        Some(upper)
    } else {
        Some(f64::midpoint(sorted[middle - 1], upper))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence<'a>(score: f64, recent_scores: &'a [f64]) -> Evidence<'a> {
        Evidence {
            blocking_checks: Vec::new(),
            statuses: vec![CheckStatus::Pass],
            tables: &[],
            score,
            recent_scores,
        }
    }

    fn table(rows_staged: u64, rows_quarantined: u64) -> TableVerdict {
        TableVerdict {
            dataset: "customers".to_owned(),
            criticality: 3,
            score: None,
            rows_staged,
            rows_quarantined,
            rows_consequence: 0,
            rows_superseded: 0,
            rows_warned: 0,
            execution_time: 0.0,
        }
    }

    /// The worked example: three duplicates of a critical key close the gate on a grade A.
    #[test]
    fn a_critical_failure_outvotes_the_score() {
        let failed = Evidence {
            blocking_checks: vec!["orders.order_id.unique".to_owned()],
            ..evidence(99.99, &[])
        };
        let gate = decide(failed, &Settings::default(), None);
        assert_eq!(gate.decision, Decision::Block);
        assert_eq!(gate.blocking_failures, ["orders.order_id.unique"]);
        let gate = decide(evidence(94.99, &[]), &Settings::default(), None);
        assert_eq!(gate.blocking_failures, [LOW_SCORE]);
    }

    #[test]
    fn five_percent_drain_and_more_than_five_block() {
        let settings = Settings::default();
        assert!(!drained_too_much(&table(2_000, 100), &settings));
        assert!(drained_too_much(&table(1_999, 100), &settings));
        assert!(!drained_too_much(&table(100, 99), &settings));
    }

    #[test]
    fn a_score_may_not_fall_far_below_its_median_once_there_are_seven() {
        let settings = Settings {
            min_score: 0.0,
            ..Settings::default()
        };
        let seven = [99.0, 98.0, 97.0, 99.0, 98.0, 97.0, 98.0];
        let gate = decide(evidence(92.9, &seven), &settings, None);
        assert_eq!(gate.blocking_failures, [SCORE_DROP]);
        assert_eq!(
            decide(evidence(93.0, &seven), &settings, None).decision,
            Decision::Pass
        );
        assert_eq!(
            decide(evidence(50.0, &seven[..6]), &settings, None).decision,
            Decision::Pass
        );
    }

    #[test]
    fn an_accepted_gate_is_open_and_says_why() {
        let gate = decide(evidence(10.0, &[]), &Settings::default(), Some("known"));
        assert_eq!(gate.decision, Decision::Block);
        assert!(!gate.is_closed());
        assert_eq!(gate.accepted_because.as_deref(), Some("known"));
    }
}
