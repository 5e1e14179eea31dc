//! The page stays small and harmless, whatever stands in the report.

use std::collections::BTreeMap;

use common::ReportMetadata;
use serde_json::{Map, Value};

use super::*;
use crate::history::{CheckHistory, RUNS_MAX, Run, SourceHistory};
use crate::verdict::{BatchVerdict, CheckResult, CheckStatus, Decision, Gate, TableVerdict};

const TABLES: usize = 13;
const CHECKS_OF_A_TABLE: usize = 200;
const BYTES_MAX: usize = 1_000_000;

fn metadata() -> ReportMetadata {
    ReportMetadata {
        schema_version: "1",
        tool_version: "0.1.0",
        generated_at: "2026-01-15T02:00:05.000Z".to_owned(),
        invocation_id: uuid::Uuid::nil(),
        invocation_started_at: "2026-01-15T02:00:00.000Z".to_owned(),
        git_sha: None,
        config_hash: "sha256:0".to_owned(),
        host: None,
        env: Map::new(),
    }
}

fn check(source: &str, table: usize, number: usize, status: CheckStatus) -> CheckResult {
    let failed = u64::from(matches!(status, CheckStatus::Fail | CheckStatus::Warn));
    CheckResult {
        check_id: format!("inventory_movements_{table}.a_column_{number}.accepted_values"),
        source: source.to_owned(),
        contract: "inventory@1.0.0".to_owned(),
        assertion: "accepted_values".to_owned(),
        dataset: format!("staging.inventory_movements_{table}"),
        column: None,
        dimension: "referential_integrity".to_owned(),
        severity: "critical".to_owned(),
        status,
        success: failed == 0,
        element_count: 1_234_567,
        missing_count: None,
        unexpected_count: failed,
        unexpected_percent: 0.0,
        expected: "0 rows".to_owned(),
        actual: "0 rows (0.000 %)".to_owned(),
        content: Some("staged.\"a_column\" not in ('one', 'two', 'three')".to_owned()),
        content_type: Some("sql".to_owned()),
        partial_unexpected_index_list: Vec::new(),
        quarantined_rows: 0,
        execution_time: 0.0,
        overridden: false,
    }
}

fn verdict(source: &str, status: CheckStatus) -> BatchVerdict {
    let checks = |table| (0..CHECKS_OF_A_TABLE).map(move |it| check(source, table, it, status));
    let table = |number| TableVerdict {
        dataset: format!("inventory_movements_{number}"),
        criticality: 3,
        score: None,
        rows_staged: 1_234_567,
        rows_quarantined: 0,
        rows_consequence: 0,
        rows_superseded: 0,
        rows_warned: 0,
        execution_time: 0.0,
    };
    BatchVerdict {
        batch_id: 30,
        source: source.to_owned(),
        judged_at: "2026-01-15T02:00:00.000Z".to_owned(),
        score: 100.0,
        grade: "A".to_owned(),
        gate: Gate {
            decision: Decision::Pass,
            min_score: 95.0,
            blocking_failures: Vec::new(),
            accepted_because: None,
        },
        overrides: Vec::new(),
        tables: (0..TABLES).map(table).collect(),
        results: (0..TABLES).flat_map(checks).collect(),
    }
}

/// As many runs as a report looks back on; `percent` of a check's rows failed in a run.
fn history(verdict: &BatchVerdict, percent: fn(usize, i64) -> f64) -> SourceHistory {
    let batch_ids: Vec<i64> = (1..=i64::from(RUNS_MAX)).collect();
    let run = |batch_id: &i64| Run {
        batch_id: *batch_id,
        judged_at: verdict.judged_at.clone(),
        overall_quality_score: 99.0,
        quality_grade: "A".to_owned(),
        decision: Decision::Block,
        is_accepted: false,
    };
    let runs = batch_ids.iter().map(run).collect();
    let mut checks = BTreeMap::new();
    for (number, check) in verdict.results.iter().enumerate() {
        let percents: Vec<f64> = batch_ids.iter().map(|it| percent(number, *it)).collect();
        let status = |percent: &f64| {
            if *percent > 0.0 {
                CheckStatus::Fail
            } else {
                CheckStatus::Pass
            }
        };
        let history = CheckHistory {
            batch_ids: batch_ids.clone(),
            statuses: percents.iter().map(status).collect(),
            unexpected_percents: percents,
        };
        checks.insert(check.check_id.clone(), history);
    }
    SourceHistory {
        source: verdict.source.clone(),
        runs,
        checks,
    }
}

fn page(verdicts: &[BatchVerdict], histories: Vec<SourceHistory>) -> String {
    render(&Report::new(metadata(), verdicts, histories, false))
}

/// Goal: a page of 13 tables with 200 checks each shows every check, and stays under 1 MB.
#[test]
fn all_of_many_passing_checks_are_shown() {
    let verdict = verdict("synthetic", CheckStatus::Pass);
    let history = history(&verdict, |_, _| 0.0);
    let page = page(&[verdict], vec![history]);
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    let rows = page.matches("passed 30 of 30").count();
    assert_eq!(rows, TABLES * CHECKS_OF_A_TABLE);
    assert!(!page.contains("checks_left_out"));
}

/// Goal: what does not fit is counted, never silently left out, and nothing bursts the page.
/// Method: every text is long and hostile, every check fails, and each in a way of its own.
#[test]
fn hostile_texts_are_harmless_and_the_page_stays_small() {
    let hostile = format!(
        "\u{202e}\"'<script>alert(1)</script>&{}",
        "\"".repeat(10_000)
    );
    let mut verdicts: Vec<BatchVerdict> = (0..5)
        .map(|number| verdict(&format!("{hostile}{number}"), CheckStatus::Fail))
        .collect();
    for verdict in &mut verdicts {
        verdict.gate.decision = Decision::Block;
        verdict.gate.accepted_because = Some(hostile.clone());
        verdict.gate.blocking_failures = vec![hostile.clone(); 1_000];
        verdict.overrides = vec![hostile.clone(); 1_000];
        for table in &mut verdict.tables {
            table.dataset.clone_from(&hostile);
        }
        verdict.results.truncate(150);
        for check in &mut verdict.results {
            let key = Map::from_iter([(hostile.clone(), Value::from(hostile.clone()))]);
            check.partial_unexpected_index_list = vec![key; 20];
            check.check_id = format!("{hostile}{}", check.check_id);
            check.content = Some(hostile.clone());
            check.expected.clone_from(&hostile);
            check.actual.clone_from(&hostile);
            check.dataset.clone_from(&hostile);
        }
    }
    let histories = verdicts
        .iter()
        .map(|verdict| history(verdict, |number, run| (number as f64 * run as f64) % 97.0))
        .collect();
    let page = page(&verdicts, histories);
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    assert!(page.contains("data-figure=\"checks_left_out\""));
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
}
