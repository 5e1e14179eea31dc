//! `data_quality_report.json`: one report over all batches of a run, keys only and no values.

use std::collections::{BTreeMap, BTreeSet};

use common::{ReportMetadata, StageContext, report};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::check::Dimension;
use crate::score::{self, DimensionScore};
use crate::verdict::{BatchVerdict, CheckResult, CheckStatus, Decision, Gate};

/// The file's name without its ending.
pub(crate) const NAME: &str = "data_quality_report";

/// The published report.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    check_timestamp: String,
    checks_performed: BTreeMap<&'static str, Value>,
    pub(crate) overall_quality_score: f64,
    quality_grade: &'static str,
    metadata: ReportMetadata,
    pub(crate) success: bool,
    statistics: Statistics,
    dimension_scores: BTreeMap<&'static str, WeightedScore>,
    table_scores: BTreeMap<String, f64>,
    gate: Gate,
    /// The verdicts are those of an earlier run: there was nothing to judge in this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeated_from: Option<String>,
    batches: Vec<Value>,
    overrides: Vec<Value>,
    results: Vec<&'a CheckResult>,
}

#[derive(Debug, Serialize)]
struct Statistics {
    evaluated_expectations: usize,
    successful_expectations: usize,
    unsuccessful_expectations: usize,
    success_percent: Option<f64>,
}

#[derive(Debug, Serialize)]
struct WeightedScore {
    score: f64,
    weight: f64,
    checks: u64,
}

impl<'a> Report<'a> {
    /// One report over all verdicts; `repeats` says that they are older than this run.
    pub(crate) fn new(ctx: &StageContext, verdicts: &'a [BatchVerdict], repeats: bool) -> Self {
        let overall = overall(verdicts);
        let results: Vec<&CheckResult> = verdicts
            .iter()
            .flat_map(|verdict| &verdict.results)
            .collect();
        let gate = gate(verdicts);
        let newest = verdicts
            .iter()
            .map(|verdict| verdict.judged_at.clone())
            .max();
        let check_timestamp = newest
            .clone()
            .unwrap_or_else(|| report::iso(ctx.started_at));
        Self {
            check_timestamp,
            checks_performed: checks_performed(&results),
            overall_quality_score: overall,
            quality_grade: score::grade(overall),
            metadata: ctx.metadata(),
            success: gate.decision != Decision::Block,
            statistics: statistics(&results),
            dimension_scores: dimension_scores(verdicts),
            table_scores: table_scores(verdicts),
            gate,
            repeated_from: newest.filter(|_| repeats),
            batches: verdicts.iter().map(batch).collect(),
            overrides: verdicts.iter().flat_map(overrides).collect(),
            results,
        }
    }
}

fn overall(verdicts: &[BatchVerdict]) -> f64 {
    let parts = verdicts
        .iter()
        .flat_map(|verdict| &verdict.tables)
        .filter_map(|table| {
            table
                .score
                .as_ref()
                .map(|score| (score.score, f64::from(table.criticality)))
        });
    // Without a row there is nothing wrong.
    score::rounded(score::weighted_mean(parts).unwrap_or(100.0))
}

/// The worst of all gates, with what closes each.
fn gate(verdicts: &[BatchVerdict]) -> Gate {
    let prefix = |verdict: &BatchVerdict, failure: &String| {
        if verdicts.len() == 1 {
            failure.clone()
        } else {
            format!("{}: {failure}", verdict.source)
        }
    };
    let failures = verdicts.iter().flat_map(|verdict| {
        verdict
            .gate
            .blocking_failures
            .iter()
            .map(move |failure| prefix(verdict, failure))
    });
    let reasons: BTreeSet<&str> = verdicts
        .iter()
        .filter_map(|verdict| verdict.gate.accepted_because.as_deref())
        .collect();
    Gate {
        decision: verdicts
            .iter()
            .map(|verdict| verdict.gate.decision)
            .max()
            .unwrap_or(Decision::Pass),
        min_score: verdicts
            .first()
            .map_or(0.0, |verdict| verdict.gate.min_score),
        blocking_failures: failures.collect(),
        accepted_because: (!reasons.is_empty())
            .then(|| reasons.into_iter().collect::<Vec<_>>().join("; ")),
    }
}

fn statistics(results: &[&CheckResult]) -> Statistics {
    let evaluated: Vec<_> = results
        .iter()
        .filter(|result| result.status != CheckStatus::Skip)
        .collect();
    let successful = evaluated.iter().filter(|result| result.success).count();
    let (part, all) = (successful as u64, evaluated.len() as u64);
    Statistics {
        evaluated_expectations: evaluated.len(),
        successful_expectations: successful,
        unsuccessful_expectations: evaluated.len() - successful,
        success_percent: (all > 0).then(|| score::rounded(crate::gate::percent(part, all))),
    }
}

/// The mean over the tables that a dimension was measured in, by their criticality.
fn dimension_scores(verdicts: &[BatchVerdict]) -> BTreeMap<&'static str, WeightedScore> {
    let mut parts: BTreeMap<Dimension, Vec<(DimensionScore, f64)>> = BTreeMap::new();
    for table in verdicts.iter().flat_map(|verdict| &verdict.tables) {
        let Some(score) = &table.score else { continue };
        for (dimension, score) in &score.dimensions {
            let part = (*score, f64::from(table.criticality));
            parts.entry(*dimension).or_default().push(part);
        }
    }
    parts
        .into_iter()
        .filter_map(|(dimension, parts)| {
            let mean = parts.iter().map(|(part, weight)| (part.score, *weight));
            let score = score::rounded(score::weighted_mean(mean)?);
            let checks = parts.iter().map(|(part, _)| part.checks).sum();
            Some((
                dimension.name(),
                WeightedScore {
                    score,
                    weight: dimension.weight(),
                    checks,
                },
            ))
        })
        .collect()
}

/// By `staging.<entity>`; with several sources, by `<source>:staging.<entity>`.
fn table_scores(verdicts: &[BatchVerdict]) -> BTreeMap<String, f64> {
    let mut scores = BTreeMap::new();
    for verdict in verdicts {
        for table in &verdict.tables {
            let Some(score) = &table.score else { continue };
            let name = format!("staging.{}", table.dataset);
            let name = if verdicts.len() == 1 {
                name
            } else {
                format!("{}:{name}", verdict.source)
            };
            scores.insert(name, score::rounded(score.score));
        }
    }
    scores
}

fn batch(verdict: &BatchVerdict) -> Value {
    json!({
        "batch_id": verdict.batch_id,
        "source": verdict.source,
        "judged_at": verdict.judged_at,
        "overall_quality_score": verdict.score,
        "quality_grade": verdict.grade,
        "gate": verdict.gate,
        "tables": verdict.tables.iter().map(|table| json!({
            "dataset": format!("staging.{}", table.dataset),
            "score": table.score.as_ref().map(|score| score::rounded(score.score)),
            "criticality": table.criticality,
            "rows_staged": table.rows_staged,
            "rows_quarantined": table.rows_quarantined,
            "rows_consequence": table.rows_consequence,
            "rows_superseded": table.rows_superseded,
            "rows_warned": table.rows_warned,
        })).collect::<Vec<Value>>(),
    })
}

fn overrides(verdict: &BatchVerdict) -> impl Iterator<Item = Value> + '_ {
    verdict
        .overrides
        .iter()
        .map(|change| json!({ "source": verdict.source, "change": change }))
}

/// The summary that readers of earlier reports know.
fn checks_performed(results: &[&CheckResult]) -> BTreeMap<&'static str, Value> {
    type IsOf = fn(&CheckResult) -> bool;
    let groups: [(&str, &str, IsOf); 5] = [
        ("null_checks", "null_violations", |it| {
            it.assertion == "not_null"
        }),
        ("duplicate_checks", "duplicates_found", |it| {
            it.assertion == "unique"
        }),
        ("referential_integrity", "orphan_records", |it| {
            it.assertion == "reference"
        }),
        ("range_checks", "violations", |it| {
            it.dimension == "validity" || it.dimension == "timeliness"
        }),
        ("data_consistency", "mismatches", |it| {
            it.dimension == "consistency"
        }),
    ];
    groups
        .into_iter()
        .map(|(name, counter, is_of)| {
            let group: Vec<&CheckResult> = results
                .iter()
                .copied()
                .filter(|result| is_of(result))
                .collect();
            (name, summary(counter, &group))
        })
        .collect()
}

fn summary(counter: &str, group: &[&CheckResult]) -> Value {
    let has = |status| group.iter().any(|result| result.status == status);
    let status = if has(CheckStatus::Fail) {
        "failed"
    } else if has(CheckStatus::Warn) {
        "warning"
    } else if has(CheckStatus::Pass) {
        "passed"
    } else {
        "skipped"
    };
    let mut details: Map<String, Value> = Map::new();
    let mut tables: BTreeSet<&str> = BTreeSet::new();
    let mut total = 0;
    for result in group
        .iter()
        .filter(|result| result.status != CheckStatus::Skip)
    {
        tables.insert(result.dataset.trim_start_matches("staging."));
        if result.unexpected_count > 0 {
            total += result.unexpected_count;
            let sum = details
                .get(&result.check_id)
                .and_then(Value::as_u64)
                .unwrap_or(0);
            details.insert(
                result.check_id.clone(),
                json!(sum + result.unexpected_count),
            );
        }
    }
    json!({ "status": status, "tables_checked": tables, counter: total, "details": details })
}
