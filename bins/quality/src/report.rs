//! `data_quality_report`: one report over all batches of a run, keys only and no values; published
//! as JSON for programs and as a page for people.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use common::{ReportMetadata, StageContext, report};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::check::Dimension;
use crate::history::SourceHistory;
use crate::page;
use crate::score::{self, DimensionScore};
use crate::verdict::{BatchVerdict, CheckResult, CheckStatus, Decision, Gate, TableVerdict};

/// The file's name without its ending.
const NAME: &str = "data_quality_report";

/// The published report.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) check_timestamp: String,
    checks_performed: BTreeMap<&'static str, Value>,
    pub(crate) overall_quality_score: f64,
    pub(crate) quality_grade: &'static str,
    pub(crate) metadata: ReportMetadata,
    pub(crate) success: bool,
    pub(crate) statistics: Statistics,
    pub(crate) dimension_scores: BTreeMap<&'static str, WeightedScore>,
    table_scores: BTreeMap<String, f64>,
    pub(crate) gate: Gate,
    /// The verdicts are those of an earlier run: there was nothing to judge in this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeated_from: Option<String>,
    pub(crate) rows: RowTotals,
    pub(crate) batches: Vec<BatchReport<'a>>,
    pub(crate) overrides: Vec<Override<'a>>,
    pub(crate) results: Vec<&'a CheckResult>,
    /// The last verdicts of each source, this one included.
    pub(crate) history: Vec<SourceHistory>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Statistics {
    pub(crate) evaluated_expectations: usize,
    pub(crate) successful_expectations: usize,
    pub(crate) unsuccessful_expectations: usize,
    success_percent: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WeightedScore {
    pub(crate) score: f64,
    pub(crate) weight: f64,
    pub(crate) checks: u64,
}

/// Rows over all tables, by what becomes of them.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct RowTotals {
    pub(crate) staged: u64,
    /// What is published if the gate is open.
    pub(crate) publishable: u64,
    pub(crate) quarantined: u64,
    pub(crate) consequence: u64,
    pub(crate) superseded: u64,
    pub(crate) warned: u64,
}

/// One source's part.
#[derive(Debug, Serialize)]
pub(crate) struct BatchReport<'a> {
    pub(crate) batch_id: i64,
    pub(crate) source: &'a str,
    pub(crate) judged_at: &'a str,
    pub(crate) overall_quality_score: f64,
    pub(crate) quality_grade: &'a str,
    pub(crate) gate: &'a Gate,
    pub(crate) tables: Vec<TableReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TableReport {
    pub(crate) dataset: String,
    pub(crate) score: Option<f64>,
    pub(crate) criticality: u32,
    pub(crate) rows_staged: u64,
    pub(crate) rows_quarantined: u64,
    pub(crate) rows_consequence: u64,
    pub(crate) rows_superseded: u64,
    pub(crate) rows_warned: u64,
}

/// What a source's own rules changed.
#[derive(Debug, Serialize)]
pub(crate) struct Override<'a> {
    pub(crate) source: &'a str,
    pub(crate) change: &'a str,
}

impl<'a> Report<'a> {
    /// One report over all verdicts; `repeats` says that they are older than this run.
    pub(crate) fn new(
        metadata: ReportMetadata,
        verdicts: &'a [BatchVerdict],
        history: Vec<SourceHistory>,
        repeats: bool,
    ) -> Self {
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
            .unwrap_or_else(|| metadata.invocation_started_at.clone());
        Self {
            check_timestamp,
            checks_performed: checks_performed(&results),
            overall_quality_score: overall,
            quality_grade: score::grade(overall),
            metadata,
            success: gate.decision != Decision::Block,
            statistics: statistics(&results),
            dimension_scores: dimension_scores(verdicts),
            table_scores: table_scores(verdicts),
            gate,
            repeated_from: newest.filter(|_| repeats),
            rows: rows(verdicts),
            batches: verdicts.iter().map(batch).collect(),
            overrides: verdicts.iter().flat_map(overrides).collect(),
            results,
            history,
        }
    }

    /// Publishes it for programs and for people.
    pub(crate) fn publish(&self, ctx: &StageContext) -> anyhow::Result<()> {
        let page = page::render(self);
        report::publish(ctx, NAME, self)?;
        report::publish_page(ctx, NAME, &page).context("failed to publish the page")?;
        Ok(())
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

fn rows(verdicts: &[BatchVerdict]) -> RowTotals {
    let mut totals = RowTotals::default();
    for table in verdicts.iter().flat_map(|verdict| &verdict.tables) {
        totals.staged += table.rows_staged;
        totals.quarantined += table.rows_quarantined;
        totals.consequence += table.rows_consequence;
        totals.superseded += table.rows_superseded;
        totals.warned += table.rows_warned;
    }
    let held_back = totals.quarantined + totals.consequence + totals.superseded;
    totals.publishable = totals.staged.saturating_sub(held_back);
    totals
}

fn batch(verdict: &BatchVerdict) -> BatchReport<'_> {
    BatchReport {
        batch_id: verdict.batch_id,
        source: &verdict.source,
        judged_at: &verdict.judged_at,
        overall_quality_score: verdict.score,
        quality_grade: &verdict.grade,
        gate: &verdict.gate,
        tables: verdict.tables.iter().map(table).collect(),
    }
}

fn table(table: &TableVerdict) -> TableReport {
    TableReport {
        dataset: format!("staging.{}", table.dataset),
        score: table
            .score
            .as_ref()
            .map(|score| score::rounded(score.score)),
        criticality: table.criticality,
        rows_staged: table.rows_staged,
        rows_quarantined: table.rows_quarantined,
        rows_consequence: table.rows_consequence,
        rows_superseded: table.rows_superseded,
        rows_warned: table.rows_warned,
    }
}

fn overrides(verdict: &BatchVerdict) -> impl Iterator<Item = Override<'_>> {
    verdict.overrides.iter().map(|change| Override {
        source: &verdict.source,
        change,
    })
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
