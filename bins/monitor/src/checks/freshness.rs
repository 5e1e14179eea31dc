//! How old is what each layer shows of each source?

use chrono::{DateTime, Utc};
use common::report::iso;
use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;
use serde_json::json;

use super::{Outcome, hours_between};
use crate::finding::{Check, Finding, Level, level};
use crate::settings::{Basis, DATASETS, Settings};

const LIST_LOADS: Sql = sql!("monitor/list_loads.sql");
const LIST_BUSINESS_TIMES: Sql = sql!("monitor/list_business_times.sql");

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    status: Level,
    staging_latest_record: Option<String>,
    production_latest_record: Option<String>,
    warehouse_latest_record: Option<String>,
    max_lag_hours: Option<f64>,
    datasets: Vec<Dataset>,
}

/// In the shape of dbt's source freshness results.
#[derive(Debug, Serialize)]
struct Dataset {
    unique_id: String,
    max_loaded_at: Option<String>,
    snapshotted_at: String,
    max_loaded_at_time_ago_in_s: Option<f64>,
    status: &'static str,
    criteria: serde_json::Value,
}

/// The newest record of one source in one dataset.
#[derive(Debug, Clone)]
struct Latest {
    dataset: String,
    source: String,
    latest_at: Option<DateTime<Utc>>,
}

pub(crate) async fn check(
    client: &Object,
    settings: &Settings,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome<Section>> {
    let loads = latest(db::rows(client, LIST_LOADS, &[]).await?)?;
    let by_business: Vec<&str> = DATASETS
        .into_iter()
        .filter(|dataset| settings.expectation(dataset).0 == Basis::Business)
        .collect();
    let times = if by_business.is_empty() {
        Vec::new()
    } else {
        latest(db::rows(client, LIST_BUSINESS_TIMES, &[&now, &by_business]).await?)?
    };
    // Every source that was ever loaded is expected in every dataset.
    let measured = loads.into_iter().map(|load| {
        if !by_business.contains(&load.dataset.as_str()) {
            return load;
        }
        let is_same = |it: &&Latest| it.dataset == load.dataset && it.source == load.source;
        let latest_at = times.iter().find(is_same).and_then(|it| it.latest_at);
        Latest { latest_at, ..load }
    });
    Ok(judge(measured.collect(), settings, now))
}

/// The section of a report whose check could not be made.
pub(crate) fn unknown() -> Section {
    section(Level::Unknown, &[], Vec::new(), None)
}

fn latest(rows: Vec<tokio_postgres::Row>) -> anyhow::Result<Vec<Latest>> {
    rows.iter()
        .map(|row| {
            Ok(Latest {
                dataset: row.try_get("dataset")?,
                source: row.try_get("source")?,
                latest_at: row.try_get("latest_at")?,
            })
        })
        .collect()
}

fn judge(measured: Vec<Latest>, settings: &Settings, now: DateTime<Utc>) -> Outcome<Section> {
    let mut findings = Vec::new();
    if measured.is_empty() {
        let message = "nothing was ever loaded";
        findings.push(Finding::new(
            Check::DataFreshness,
            "all",
            Level::Error,
            message,
        ));
    }
    let watched: Vec<Latest> = measured
        .into_iter()
        .filter(|it| !settings.unwatched_sources.contains(&it.source))
        .collect();
    let mut datasets = Vec::with_capacity(watched.len());
    for it in &watched {
        let (dataset, finding) = judge_dataset(it, settings, now);
        datasets.push(dataset);
        findings.extend(finding);
    }
    let oldest = watched.iter().filter_map(|it| it.latest_at).min();
    let max_lag_hours = oldest.map(|at| hours_between(at, now));
    let section = section(level(&findings), &watched, datasets, max_lag_hours);
    Outcome { section, findings }
}

fn judge_dataset(
    it: &Latest,
    settings: &Settings,
    now: DateTime<Utc>,
) -> (Dataset, Option<Finding>) {
    let (_, warn_after_h, error_after_h) = settings.expectation(&it.dataset);
    let hours = it.latest_at.map(|at| hours_between(at, now));
    let (status, level) = match hours {
        None => ("error", Level::Error),
        Some(hours) if hours > error_after_h => ("error", Level::Error),
        Some(hours) if hours > warn_after_h => ("warn", Level::Warning),
        Some(_) => ("pass", Level::Ok),
    };
    let unique_id = format!("{}.{}", it.dataset, it.source);
    let finding = (level != Level::Ok).then(|| {
        let message = match hours {
            None => format!("{unique_id} is empty"),
            Some(hours) => format!(
                "{unique_id} is {hours} hours old; a warning comes after {warn_after_h}, an error \
                 after {error_after_h}"
            ),
        };
        Finding::new(Check::DataFreshness, unique_id.clone(), level, message)
    });
    let dataset = Dataset {
        unique_id,
        max_loaded_at: it.latest_at.map(iso),
        snapshotted_at: iso(now),
        max_loaded_at_time_ago_in_s: hours.map(|hours| (hours * 3_600.0).round()),
        status,
        criteria: json!({
            "warn_after": format!("PT{warn_after_h}H"),
            "error_after": format!("PT{error_after_h}H"),
        }),
    };
    (dataset, finding)
}

fn section(
    status: Level,
    watched: &[Latest],
    datasets: Vec<Dataset>,
    max_lag_hours: Option<f64>,
) -> Section {
    let [staging, production, warehouse] = DATASETS.map(|dataset| {
        let of_dataset = watched.iter().filter(|it| it.dataset == dataset);
        of_dataset.filter_map(|it| it.latest_at).max().map(iso)
    });
    Section {
        status,
        staging_latest_record: staging,
        production_latest_record: production,
        warehouse_latest_record: warehouse,
        max_lag_hours,
        datasets,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn judged(hours_ago: Option<i64>) -> Outcome<Section> {
        let now: DateTime<Utc> = "2026-01-15T12:00:00Z".parse().expect("a time");
        let latest = Latest {
            dataset: "production.transactions".to_owned(),
            source: "synthetic".to_owned(),
            latest_at: hours_ago.map(|hours| now - TimeDelta::hours(hours)),
        };
        judge(vec![latest], &Settings::default(), now)
    }

    #[test]
    fn age_is_judged_by_two_limits() {
        assert_eq!(judged(Some(26)).section.status, Level::Ok);
        assert_eq!(judged(Some(27)).section.status, Level::Warning);
        assert_eq!(judged(Some(51)).section.status, Level::Error);
    }

    #[test]
    fn what_is_empty_is_an_error() {
        assert_eq!(judged(None).section.status, Level::Error);
        let nothing = judge(Vec::new(), &Settings::default(), DateTime::UNIX_EPOCH);
        assert_eq!(nothing.section.status, Level::Error);
    }

    #[test]
    fn a_source_that_came_once_is_not_watched() {
        let now: DateTime<Utc> = "2026-01-15T12:00:00Z".parse().expect("a time");
        let settings = Settings {
            unwatched_sources: vec!["olist".to_owned()],
            ..Settings::default()
        };
        let old = Latest {
            dataset: "warehouse.fact_sales".to_owned(),
            source: "olist".to_owned(),
            latest_at: Some(DateTime::UNIX_EPOCH),
        };
        assert_eq!(judge(vec![old], &settings, now).section.status, Level::Ok);
    }
}
