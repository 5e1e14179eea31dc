//! What earlier verdicts said: the trend of each source's score, and of each of its checks.
//!
//! Goes in: `ops.quality_runs` and `ops.check_results`. Comes out: a part of the report.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use common::{Sql, db, report};
use deadpool_postgres::Object;
use serde::{Serialize, Serializer};

use crate::evaluate::thousandths;
use crate::verdict::{BatchVerdict, CheckStatus, Decision};

const LIST_VERDICT_HISTORY: Sql = common::sql!("quality/list_verdict_history.sql");
const LIST_CHECK_HISTORY: Sql = common::sql!("quality/list_check_history.sql");

/// Verdicts of a source that a report looks back on, the latest included.
pub(crate) const RUNS_MAX: u32 = 30;

/// The last verdicts on one source, the oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct SourceHistory {
    pub(crate) source: String,
    pub(crate) runs: Vec<Run>,
    /// By check; in JSON only those that did not pass every time.
    #[serde(serialize_with = "serialize_eventful")]
    pub(crate) checks: BTreeMap<String, CheckHistory>,
}

/// One verdict.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) batch_id: i64,
    pub(crate) judged_at: String,
    pub(crate) overall_quality_score: f64,
    pub(crate) quality_grade: String,
    pub(crate) decision: Decision,
    /// A person let it pass although the gate was closed.
    pub(crate) is_accepted: bool,
}

impl Run {
    /// Whether nothing of the batch was published.
    pub(crate) fn is_blocked(&self) -> bool {
        self.decision == Decision::Block && !self.is_accepted
    }
}

/// What a check found, batch by batch.
#[derive(Debug, Serialize)]
pub(crate) struct CheckHistory {
    pub(crate) batch_ids: Vec<i64>,
    pub(crate) statuses: Vec<CheckStatus>,
    /// Rows that failed, of all looked at.
    pub(crate) unexpected_percents: Vec<f64>,
}

impl CheckHistory {
    /// How often it ended so.
    pub(crate) fn count(&self, status: CheckStatus) -> usize {
        self.statuses.iter().filter(|it| **it == status).count()
    }

    fn is_eventful(&self) -> bool {
        self.count(CheckStatus::Fail) + self.count(CheckStatus::Warn) > 0
    }
}

/// Reads the history of every source that there is a verdict on.
pub(crate) async fn read(
    client: &Object,
    verdicts: &[BatchVerdict],
) -> anyhow::Result<Vec<SourceHistory>> {
    let sources: BTreeSet<&str> = verdicts.iter().map(|it| it.source.as_str()).collect();
    let mut histories = Vec::new();
    for source in sources {
        let runs = runs(client, source).await?;
        histories.push(SourceHistory {
            source: source.to_owned(),
            checks: checks(client, &runs).await?,
            runs,
        });
    }
    Ok(histories)
}

async fn runs(client: &Object, source: &str) -> anyhow::Result<Vec<Run>> {
    let rows = db::rows(
        client,
        LIST_VERDICT_HISTORY,
        &[&source, &i64::from(RUNS_MAX)],
    )
    .await?;
    rows.iter()
        .map(|row| {
            let judged_at: DateTime<Utc> = row.try_get("judged_at")?;
            let decision: &str = row.try_get("decision")?;
            Ok(Run {
                batch_id: row.try_get("batch_id")?,
                judged_at: report::iso(judged_at),
                overall_quality_score: row.try_get("score")?,
                quality_grade: row.try_get("grade")?,
                decision: Decision::named(decision).with_context(|| {
                    format!("unknown decision `{decision}` in ops.quality_runs")
                })?,
                is_accepted: row.try_get("is_accepted")?,
            })
        })
        .collect()
}

async fn checks(client: &Object, runs: &[Run]) -> anyhow::Result<BTreeMap<String, CheckHistory>> {
    let batch_ids: Vec<i64> = runs.iter().map(|run| run.batch_id).collect();
    let mut checks = BTreeMap::new();
    for row in db::rows(client, LIST_CHECK_HISTORY, &[&batch_ids]).await? {
        let names: Vec<&str> = row.try_get("statuses")?;
        let statuses = names
            .into_iter()
            .map(|name| {
                CheckStatus::named(name)
                    .with_context(|| format!("unknown status `{name}` in ops.check_results"))
            })
            .collect::<anyhow::Result<_>>()?;
        let percents: Vec<f64> = row.try_get("failed_percents")?;
        let history = CheckHistory {
            batch_ids: row.try_get("batch_ids")?,
            statuses,
            unexpected_percents: percents.into_iter().map(thousandths).collect(),
        };
        checks.insert(row.try_get("check_id")?, history);
    }
    Ok(checks)
}

fn serialize_eventful<S: Serializer>(
    checks: &BTreeMap<String, CheckHistory>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(checks.iter().filter(|(_, history)| history.is_eventful()))
}
