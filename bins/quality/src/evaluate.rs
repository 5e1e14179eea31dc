//! From what was found to results, scores and statuses.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::check::{Assertion, Check, Entity, Operator, Rule, Severity, age};
use crate::faults::{Found, Table};
use crate::gate::{blocks, percent};
use crate::score::{self, Measure, TableScore};
use crate::verdict::{CheckResult, CheckStatus};

/// Rows that break a rule.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Failures {
    pub(crate) rows_failed: u64,
    pub(crate) rows_quarantined: u64,
}

/// What is known after all passes.
pub(crate) struct Facts<'a> {
    pub(crate) source: &'a str,
    pub(crate) found: &'a Found,
    pub(crate) failures: &'a HashMap<String, Failures>,
    pub(crate) keys: &'a HashMap<String, Vec<Map<String, Value>>>,
}

/// The results of one table.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) results: Vec<CheckResult>,
    pub(crate) score: Option<TableScore>,
    pub(crate) blocking: Vec<String>,
}

/// One check, measured.
struct Outcome {
    status: CheckStatus,
    element_count: u64,
    failures: Failures,
    share_right: Option<f64>,
    actual: String,
}

impl Outcome {
    fn skipped() -> Self {
        Self {
            status: CheckStatus::Skip,
            element_count: 0,
            failures: Failures::default(),
            share_right: None,
            actual: "not checked".to_owned(),
        }
    }
}

impl Facts<'_> {
    pub(crate) fn evaluate(&self, table: Table<'_>) -> Evaluated {
        let mut results = Vec::new();
        let mut measures = Vec::new();
        let mut blocking = Vec::new();
        for check in &table.entity.checks {
            let outcome = self.measure(check, table.rows_staged);
            if let Some(share_right) = outcome.share_right {
                let (dimension, severity) = (check.dimension, check.severity);
                measures.push(Measure {
                    dimension,
                    severity,
                    share_right,
                });
            }
            if outcome.status == CheckStatus::Fail && blocks(check) {
                blocking.push(check.id.clone());
            }
            results.push(self.result(table.entity, check, outcome));
        }
        Evaluated {
            results,
            score: score::table(&measures),
            blocking,
        }
    }

    fn measure(&self, check: &Check, rows_staged: u64) -> Outcome {
        if !check.is_enabled || self.found.skipped.contains(&check.id) {
            return Outcome::skipped();
        }
        match check.rule {
            Rule::RowCount => table_outcome(check, Some(count(rows_staged))),
            Rule::Query { .. } => {
                table_outcome(check, self.found.answers.get(&check.id).copied().flatten())
            }
            _ => self.row_outcome(check, rows_staged),
        }
    }

    fn row_outcome(&self, check: &Check, rows_staged: u64) -> Outcome {
        if rows_staged == 0 {
            return Outcome::skipped();
        }
        let failures = self.failures.get(&check.id).copied().unwrap_or_default();
        let failed = failures.rows_failed;
        let failed_percent = percent(failed, rows_staged);
        let is_right = match &check.threshold {
            None => failed == 0,
            Some(it) if it.is_percent => it.holds(failed_percent),
            Some(it) => it.holds(count(failed)),
        };
        Outcome {
            status: status(check, is_right),
            element_count: rows_staged,
            failures,
            share_right: Some(1.0 - failed_percent / 100.0),
            actual: format!("{failed} rows ({failed_percent:.3} %)"),
        }
    }

    fn result(&self, entity: &Entity, check: &Check, outcome: Outcome) -> CheckResult {
        let failed = outcome.failures.rows_failed;
        let is_null_check = check.assertion == Assertion::NotNull;
        let content = content(check);
        let keys = self
            .keys
            .get(&check.id)
            .filter(|_| outcome.status != CheckStatus::Skip);
        CheckResult {
            check_id: check.id.clone(),
            source: self.source.to_owned(),
            contract: entity.contract.clone(),
            assertion: check.assertion.name().to_owned(),
            dataset: format!("staging.{}", entity.name),
            column: check.column.clone(),
            dimension: check.dimension.name().to_owned(),
            severity: check.severity.report_name().to_owned(),
            status: outcome.status,
            success: matches!(outcome.status, CheckStatus::Pass | CheckStatus::Skip),
            element_count: outcome.element_count,
            missing_count: is_null_check.then_some(failed),
            unexpected_count: failed,
            unexpected_percent: thousandths(percent(failed, outcome.element_count)),
            expected: expected(check),
            actual: outcome.actual,
            content_type: content.is_some().then(|| "sql".to_owned()),
            content,
            partial_unexpected_index_list: keys.cloned().unwrap_or_default(),
            quarantined_rows: outcome.failures.rows_quarantined,
            execution_time: self.found.seconds.get(&check.id).copied().unwrap_or(0.0),
            overridden: check.is_overridden,
        }
    }
}

/// A table rule is right or wrong as a whole; a query without an answer had nothing to look at.
fn table_outcome(check: &Check, actual: Option<f64>) -> Outcome {
    let (Some(actual), Some(threshold)) = (actual, &check.threshold) else {
        return Outcome::skipped();
    };
    if let Operator::Age { warn_s, error_s } = threshold.operator {
        return age_outcome(check, actual, warn_s, error_s);
    }
    let is_right = threshold.holds(actual);
    Outcome {
        status: status(check, is_right),
        element_count: 1,
        failures: Failures {
            rows_failed: u64::from(!is_right),
            rows_quarantined: 0,
        },
        share_right: Some(f64::from(u8::from(is_right))),
        actual: format!("{actual}"),
    }
}

/// Young enough, old, or too old; rows without a time that counts are as old as can be.
fn age_outcome(check: &Check, age_s: f64, warn_s: f64, error_s: f64) -> Outcome {
    let is_known = age_s >= 0.0;
    let share_right = if is_known {
        score::timeliness(age_s, warn_s, error_s)
    } else {
        0.0
    };
    let is_young = is_known && age_s <= warn_s;
    let status = if is_known && age_s > warn_s && age_s <= error_s {
        CheckStatus::Warn
    } else {
        status(check, is_young)
    };
    let actual = if is_known {
        format!("{} old", age(age_s))
    } else {
        "no time that is not in the future".to_owned()
    };
    Outcome {
        status,
        element_count: 1,
        failures: Failures {
            rows_failed: u64::from(!is_young),
            rows_quarantined: 0,
        },
        share_right: Some(share_right),
        actual,
    }
}

fn status(check: &Check, is_right: bool) -> CheckStatus {
    if is_right {
        CheckStatus::Pass
    } else if check.severity >= Severity::Error {
        CheckStatus::Fail
    } else {
        CheckStatus::Warn
    }
}

/// What the contract asks for.
pub(crate) fn expected(check: &Check) -> String {
    match &check.threshold {
        Some(threshold) if check.is_row_rule() && !threshold.is_percent => {
            format!("{threshold} rows")
        }
        Some(threshold) => threshold.to_string(),
        None => "0 rows".to_owned(),
    }
}

/// What was run: a predicate that failing rows satisfy, or a query.
fn content(check: &Check) -> Option<String> {
    match &check.rule {
        Rule::Row { fails } => Some(fails.clone()),
        Rule::Query { text } => Some(text.clone()),
        Rule::Named(rule) => Some(rule.sql.text.to_owned()),
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows stay far below 2^52"
)]
fn count(rows: u64) -> f64 {
    rows as f64
}

/// Three decimals, as reports show percentages.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
