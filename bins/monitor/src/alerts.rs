//! Findings as alerts that know whether they are new: firing, then suppressed and counted, then
//! resolved once. What was known before stands in the previous report.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::finding::{Check, Finding, Level};

/// One alert of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alert {
    pub(crate) severity: String,
    pub(crate) check: String,
    pub(crate) dataset: String,
    pub(crate) message: String,
    pub(crate) timestamp: String,
    pub(crate) fingerprint: String,
    pub(crate) state: State,
    pub(crate) first_seen: String,
    pub(crate) count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Firing,
    Suppressed,
    Resolved,
    Acknowledged,
}

/// What of the previous report is of interest.
#[derive(Debug, Deserialize)]
struct Previous {
    alerts: Vec<Alert>,
}

/// The alerts of the previous report; none where there is no readable one.
pub(crate) fn previous(path: &Path) -> Vec<Alert> {
    std::fs::read(path)
        .ok()
        .and_then(|json| serde_json::from_slice::<Previous>(&json).ok())
        .map(|report| report.alerts)
        .unwrap_or_default()
}

/// Today's alerts. A failure that is gone is resolved once, but only if its check was made.
pub(crate) fn follow_up(
    previous: Vec<Alert>,
    findings: &[Finding],
    timestamp: &str,
    was_made: impl Fn(&str) -> bool,
) -> Vec<Alert> {
    let mut open: Vec<Alert> = previous
        .into_iter()
        .filter(|alert| alert.state != State::Resolved)
        .collect();
    let mut alerts = Vec::new();
    for finding in findings {
        let fingerprint = finding.fingerprint();
        let known = open
            .iter()
            .position(|alert| alert.fingerprint == fingerprint);
        let known = known.map(|index| open.swap_remove(index));
        alerts.push(alert(finding, fingerprint, timestamp, known));
    }
    open.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
    for alert in open {
        let state = if was_made(&alert.check) {
            State::Resolved
        } else {
            State::Suppressed
        };
        alerts.push(Alert {
            state,
            timestamp: timestamp.to_owned(),
            ..alert
        });
    }
    alerts
}

fn alert(finding: &Finding, fingerprint: String, timestamp: &str, known: Option<Alert>) -> Alert {
    let (state, first_seen, count) = match known {
        Some(alert) if alert.state == State::Acknowledged => {
            (State::Acknowledged, alert.first_seen, alert.count + 1)
        }
        Some(alert) => (State::Suppressed, alert.first_seen, alert.count + 1),
        None => (State::Firing, timestamp.to_owned(), 1),
    };
    Alert {
        severity: severity(finding).to_owned(),
        check: finding.check.name().to_owned(),
        dataset: finding.dataset.clone(),
        message: finding.message.clone(),
        timestamp: timestamp.to_owned(),
        fingerprint,
        state,
        first_seen,
        count,
    }
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.check, finding.level) {
        (Check::DatabaseConnectivity, Level::Error) => "critical",
        (_, Level::Error) => "error",
        _ => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late() -> Finding {
        Finding::new(
            Check::LastExecution,
            "orchestrator",
            Level::Error,
            "30 hours ago",
        )
    }

    #[test]
    fn a_failure_fires_once_and_is_counted_from_then_on() {
        let first = follow_up(Vec::new(), &[late()], "2026-01-01T00:00:00Z", |_| true);
        assert_eq!((first[0].state, first[0].count), (State::Firing, 1));
        let second = follow_up(first, &[late()], "2026-01-02T00:00:00Z", |_| true);
        assert_eq!((second[0].state, second[0].count), (State::Suppressed, 2));
        assert_eq!(second[0].first_seen, "2026-01-01T00:00:00Z");
    }

    #[test]
    fn a_recovery_is_told_once() {
        let first = follow_up(Vec::new(), &[late()], "2026-01-01T00:00:00Z", |_| true);
        let second = follow_up(first, &[], "2026-01-02T00:00:00Z", |_| true);
        assert_eq!(second[0].state, State::Resolved);
        assert!(follow_up(second, &[], "2026-01-03T00:00:00Z", |_| true).is_empty());
    }

    #[test]
    fn what_could_not_be_checked_is_not_resolved() {
        let first = follow_up(Vec::new(), &[late()], "2026-01-01T00:00:00Z", |_| true);
        let second = follow_up(first, &[], "2026-01-02T00:00:00Z", |_| false);
        assert_eq!((second[0].state, second[0].count), (State::Suppressed, 1));
    }
}
