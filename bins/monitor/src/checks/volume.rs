//! Did each shop sell about as much on its last closed day as it should have?

use chrono::{DateTime, NaiveDate, Utc};
use common::volume::{self, State, Verdict};
use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;

use super::Outcome;
use crate::finding::{Check, Finding, Level, level};
use crate::settings::Settings;

const LIST_DAILY_ORDERS: Sql = sql!("monitor/list_daily_orders.sql");

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    status: Level,
    /// The four figures of the most unusual series.
    expected_range: Option<[f64; 2]>,
    actual_count: Option<u64>,
    anomaly_detected: bool,
    anomaly_type: Option<&'static str>,
    series: Vec<Judged>,
}

/// One series, as its last closed day was judged.
#[derive(Debug, Clone, Serialize)]
struct Judged {
    dataset: String,
    bucket: NaiveDate,
    actual: u64,
    expected: f64,
    low: f64,
    high: f64,
    z: f64,
    state: State,
}

/// Orders per day of one source, without gaps.
#[derive(Debug)]
struct Series {
    source: String,
    last_day: NaiveDate,
    counts: Vec<u64>,
    is_excluded: Vec<bool>,
}

pub(crate) async fn check(
    client: &Object,
    settings: &Settings,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome<Section>> {
    let rows = db::rows(
        client,
        LIST_DAILY_ORDERS,
        &[&now, &settings.live_sources, &volume::SERIES_DAYS],
    )
    .await?;
    let mut all: Vec<Series> = Vec::new();
    for row in rows {
        let source: String = row.try_get("source")?;
        let bucket: NaiveDate = row.try_get("bucket")?;
        let order_count: i64 = row.try_get("order_count")?;
        if all.last().is_none_or(|series| series.source != source) {
            let (counts, is_excluded) = (Vec::new(), Vec::new());
            all.push(Series {
                source,
                last_day: bucket,
                counts,
                is_excluded,
            });
        }
        if let Some(series) = all.last_mut() {
            series.last_day = bucket;
            series.counts.push(order_count.max(0).unsigned_abs());
            series
                .is_excluded
                .push(settings.excluded_days.contains(&bucket));
        }
    }
    Ok(judge(&all))
}

/// The section of a report whose check could not be made.
pub(crate) fn unknown() -> Section {
    section(Level::Unknown, Vec::new())
}

fn judge(all: &[Series]) -> Outcome<Section> {
    let judged: Vec<Judged> = all.iter().filter_map(judge_series).collect();
    let findings: Vec<Finding> = judged.iter().filter_map(finding).collect();
    Outcome {
        section: section(level(&findings), judged),
        findings,
    }
}

fn judge_series(series: &Series) -> Option<Judged> {
    let verdict = volume::judge_last(&series.counts, &series.is_excluded)?;
    let Verdict {
        expected,
        low,
        high,
        z,
        state,
    } = verdict;
    Some(Judged {
        dataset: format!("production.transactions.{}", series.source),
        bucket: series.last_day,
        actual: *series.counts.last()?,
        expected: rounded(expected),
        low: rounded(low),
        high: rounded(high),
        z: rounded(z),
        state,
    })
}

fn finding(judged: &Judged) -> Option<Finding> {
    let level = match judged.state {
        State::Warn => Level::Warning,
        State::Error => Level::Error,
        State::Ok | State::WarmingUp | State::Excluded => return None,
    };
    let Judged {
        dataset,
        bucket,
        actual,
        expected,
        low,
        high,
        ..
    } = judged;
    let message = format!(
        "{dataset}: {actual} orders on {bucket}, expected about {expected} ({low} to {high})"
    );
    Some(Finding::new(
        Check::DataVolumeAnomalies,
        dataset.as_str(),
        level,
        message,
    ))
}

fn section(status: Level, series: Vec<Judged>) -> Section {
    let severity = |judged: &Judged| match judged.state {
        State::Error => 2,
        State::Warn => 1,
        State::Ok | State::WarmingUp | State::Excluded => 0,
    };
    let by_distance = |left: &&Judged, right: &&Judged| {
        severity(left)
            .cmp(&severity(right))
            .then(left.z.abs().total_cmp(&right.z.abs()))
    };
    let worst = series.iter().max_by(by_distance);
    Section {
        status,
        expected_range: worst.map(|judged| [judged.low, judged.high]),
        actual_count: worst.map(|judged| judged.actual),
        anomaly_detected: status >= Level::Warning,
        anomaly_type: worst
            .filter(|judged| severity(judged) > 0)
            .map(anomaly_type),
        series,
    }
}

fn anomaly_type(judged: &Judged) -> &'static str {
    match judged.actual as f64 {
        0.0 => "outage",
        actual if actual < judged.expected => "low",
        _ => "high",
    }
}

fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(source: &str, last: u64) -> Series {
        let mut counts = vec![100; 40];
        counts.push(last);
        let last_day = NaiveDate::from_ymd_opt(2025, 12, 31).expect("a date");
        Series {
            source: source.to_owned(),
            last_day,
            counts,
            is_excluded: Vec::new(),
        }
    }

    #[test]
    fn the_most_unusual_series_is_named_first() {
        let outcome = judge(&[series("a", 101), series("b", 0), series("c", 40)]);
        assert_eq!(outcome.section.status, Level::Error);
        assert_eq!(outcome.section.actual_count, Some(0));
        assert_eq!(outcome.section.anomaly_type, Some("outage"));
        assert_eq!(outcome.findings.len(), 2);
        assert_eq!(outcome.section.series.len(), 3);
    }

    #[test]
    fn a_quiet_day_is_no_anomaly() {
        let outcome = judge(&[series("a", 95)]);
        assert_eq!(outcome.section.status, Level::Ok);
        assert!(!outcome.section.anomaly_detected);
        assert_eq!(outcome.section.anomaly_type, None);
    }
}
