//! Did the pipeline run in time, and how did that end?

use chrono::{DateTime, TimeDelta, Utc};
use common::report::iso;
use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;

use super::{Outcome, hours_between};
use crate::finding::{Check, Finding, Level, level};
use crate::settings::Settings;

const FIND_LAST_RUN: Sql = sql!("monitor/find_last_run.sql");

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    status: Level,
    last_run: Option<String>,
    last_run_id: Option<String>,
    last_run_state: Option<String>,
    hours_since_last_run: Option<f64>,
    threshold_hours: f64,
    next_expected_run: Option<String>,
}

#[derive(Debug)]
struct Run {
    display_id: String,
    state: String,
    started_at: DateTime<Utc>,
    is_alive: bool,
}

pub(crate) async fn check(
    client: &Object,
    settings: &Settings,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome<Section>> {
    let rows = db::rows(client, FIND_LAST_RUN, &[]).await?;
    let run = match rows.first() {
        Some(row) => Some(Run {
            display_id: row.try_get("display_id")?,
            state: row.try_get("state")?,
            started_at: row.try_get("started_at")?,
            is_alive: row.try_get("is_alive")?,
        }),
        None => None,
    };
    Ok(judge(run, settings.threshold_hours, now))
}

/// The section of a report whose check could not be made.
pub(crate) fn unknown(settings: &Settings) -> Section {
    Section {
        status: Level::Unknown,
        last_run: None,
        last_run_id: None,
        last_run_state: None,
        hours_since_last_run: None,
        threshold_hours: settings.threshold_hours,
        next_expected_run: None,
    }
}

fn judge(run: Option<Run>, threshold_hours: f64, now: DateTime<Utc>) -> Outcome<Section> {
    let Some(run) = run else {
        let message = "the pipeline never ran; run `make pipeline`".to_owned();
        let section = Section {
            status: Level::Error,
            last_run: None,
            last_run_id: None,
            last_run_state: None,
            hours_since_last_run: None,
            threshold_hours,
            next_expected_run: None,
        };
        return Outcome {
            section,
            findings: vec![finding(Level::Error, message)],
        };
    };
    let hours = hours_between(run.started_at, now);
    let findings: Vec<Finding> = [overdue(&run, hours, threshold_hours), ended_badly(&run)]
        .into_iter()
        .flatten()
        .collect();
    let wait = TimeDelta::milliseconds((threshold_hours * 3_600_000.0).round() as i64);
    let section = Section {
        status: level(&findings),
        last_run: Some(iso(run.started_at)),
        last_run_id: Some(run.display_id),
        last_run_state: Some(run.state),
        hours_since_last_run: Some(hours),
        threshold_hours,
        next_expected_run: run.started_at.checked_add_signed(wait).map(iso),
    };
    Outcome { section, findings }
}

fn overdue(run: &Run, hours: f64, threshold_hours: f64) -> Option<Finding> {
    let what = if run.is_alive {
        "has been running for"
    } else {
        "is the last one, started"
    };
    (hours > threshold_hours).then(|| {
        let ago = if run.is_alive { "" } else { " ago" };
        let message = format!(
            "run {} {what} {hours} hours{ago}; expected is one every {threshold_hours} hours",
            run.display_id
        );
        finding(Level::Error, message)
    })
}

/// Of a blocked run the check of quality tells more.
fn ended_badly(run: &Run) -> Option<Finding> {
    let (level, what) = match run.state.as_str() {
        "failed" => (Level::Error, "failed"),
        "running" if !run.is_alive => (Level::Error, "was killed"),
        "blocked" => (Level::Warning, "was blocked by the data gate"),
        "partial" => (Level::Warning, "was done in part"),
        "cancelled" => (Level::Warning, "was cancelled"),
        _ => return None,
    };
    let message = format!(
        "run {} {what}; see its report and logs, then run again",
        run.display_id
    );
    Some(Finding::new(
        Check::LastExecution,
        "last run",
        level,
        message,
    ))
}

fn finding(level: Level, message: String) -> Finding {
    Finding::new(Check::LastExecution, "orchestrator", level, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(state: &str, is_alive: bool, hours_ago: i64) -> Level {
        let now: DateTime<Utc> = "2026-01-15T12:00:00Z".parse().expect("a time");
        let run = Run {
            display_id: "PIPE_20260115_000000".to_owned(),
            state: state.to_owned(),
            started_at: now - TimeDelta::hours(hours_ago),
            is_alive,
        };
        judge(Some(run), 25.0, now).section.status
    }

    #[test]
    fn a_recent_success_is_ok_and_an_old_one_is_overdue() {
        assert_eq!(judged("succeeded", false, 25), Level::Ok);
        assert_eq!(judged("succeeded", false, 26), Level::Error);
    }

    #[test]
    fn a_run_is_ok_while_it_lives() {
        assert_eq!(judged("running", true, 1), Level::Ok);
        assert_eq!(judged("running", false, 1), Level::Error);
        assert_eq!(judged("running", true, 30), Level::Error);
    }

    #[test]
    fn the_end_of_the_run_counts() {
        assert_eq!(judged("failed", false, 1), Level::Error);
        assert_eq!(judged("blocked", false, 1), Level::Warning);
        assert_eq!(judged("partial", false, 1), Level::Warning);
    }

    #[test]
    fn a_pipeline_that_never_ran_is_an_error() {
        let now: DateTime<Utc> = "2026-01-15T12:00:00Z".parse().expect("a time");
        assert_eq!(judge(None, 25.0, now).section.status, Level::Error);
    }
}
