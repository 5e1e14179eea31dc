//! What did the last judgement of each source's data say?

use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;

use super::Outcome;
use crate::finding::{Check, Finding, Level, level};

const LIST_QUALITY: Sql = sql!("monitor/list_quality.sql");

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    status: Level,
    /// The lowest of the sources.
    quality_score: Option<f64>,
    orphan_records: Option<u64>,
    null_violations: Option<u64>,
    sources: Vec<Judgement>,
}

/// The verdict on the newest batch of one source.
#[derive(Debug, Serialize)]
struct Judgement {
    source: String,
    quality_score: f64,
    decision: String,
    blocking_failures: Vec<String>,
    orphan_records: u64,
    null_violations: u64,
}

pub(crate) async fn check(client: &Object) -> anyhow::Result<Outcome<Section>> {
    let mut sources = Vec::new();
    for row in db::rows(client, LIST_QUALITY, &[]).await? {
        sources.push(Judgement {
            source: row.try_get("source")?,
            quality_score: row.try_get("score")?,
            decision: row.try_get("decision")?,
            blocking_failures: row.try_get("blocking_failures")?,
            orphan_records: count(row.try_get("orphan_records")?),
            null_violations: count(row.try_get("null_violations")?),
        });
    }
    Ok(judge(sources))
}

/// The section of a report whose check could not be made.
pub(crate) fn unknown() -> Section {
    Section {
        status: Level::Unknown,
        quality_score: None,
        orphan_records: None,
        null_violations: None,
        sources: Vec::new(),
    }
}

fn judge(sources: Vec<Judgement>) -> Outcome<Section> {
    if sources.is_empty() {
        return Outcome {
            section: unknown(),
            findings: Vec::new(),
        };
    }
    let findings: Vec<Finding> = sources.iter().filter_map(finding).collect();
    let section = Section {
        status: level(&findings),
        quality_score: sources.iter().map(|it| it.quality_score).reduce(f64::min),
        orphan_records: Some(sources.iter().map(|it| it.orphan_records).sum()),
        null_violations: Some(sources.iter().map(|it| it.null_violations).sum()),
        sources,
    };
    Outcome { section, findings }
}

fn finding(judgement: &Judgement) -> Option<Finding> {
    let Judgement {
        source,
        quality_score,
        decision,
        blocking_failures,
        ..
    } = judgement;
    let (level, message) = match decision.as_str() {
        "block" => {
            let reasons = blocking_failures.join(", ");
            let message = format!("{source}: blocked at score {quality_score} by {reasons}");
            (Level::Error, message)
        }
        "warn" => (
            Level::Warning,
            format!("{source}: published with warnings at score {quality_score}"),
        ),
        _ => return None,
    };
    Some(Finding::new(
        Check::DataQuality,
        source.as_str(),
        level,
        message,
    ))
}

fn count(number: i64) -> u64 {
    number.max(0).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(source: &str, quality_score: f64, decision: &str) -> Judgement {
        Judgement {
            source: source.to_owned(),
            quality_score,
            decision: decision.to_owned(),
            blocking_failures: vec!["customers.customer_id.required".to_owned()],
            orphan_records: 2,
            null_violations: 3,
        }
    }

    #[test]
    fn the_worst_source_decides_and_counts_add_up() {
        let outcome = judge(vec![
            judgement("a", 99.0, "pass"),
            judgement("b", 80.0, "block"),
        ]);
        assert_eq!(outcome.section.status, Level::Error);
        assert_eq!(outcome.section.quality_score, Some(80.0));
        assert_eq!(outcome.section.orphan_records, Some(4));
        assert_eq!(outcome.section.null_violations, Some(6));
        assert!(
            outcome.findings[0]
                .message
                .contains("customers.customer_id.required")
        );
    }

    #[test]
    fn where_nothing_was_judged_nothing_is_known() {
        assert_eq!(judge(Vec::new()).section.status, Level::Unknown);
    }
}
