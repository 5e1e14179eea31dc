//! Did the days that the batch is the first to tell of bring about as many orders as days do?
//!
//! Judged by the engine that `monitor` asks about the last day: a day stops the batch only where
//! that calls it an error and where it has less than half of what was expected.

use chrono::NaiveDate;
use common::volume::{self, State};
use common::{Sql, db};
use deadpool_postgres::Transaction;

use super::Outcome;
use crate::faults::Table;
use crate::findings::Batch;
use crate::settings::Settings;
use crate::verdict::{CheckResult, CheckStatus};

const GUARD_VOLUME: Sql = common::sql!("quality/guard_volume.sql");

/// Whose volume is watched.
pub(super) const DATASET: &str = "transactions";
const NAME: &str = "volume";
/// Days that a message names; the rest is counted.
const NAMED_DAYS_MAX: usize = 5;

/// A day of the shop, closed, and whether this batch is the first to tell of it.
#[derive(Debug, Clone, Copy)]
struct Day {
    date: NaiveDate,
    order_count: u64,
    is_new: bool,
}

/// A day with too few orders.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shortfall {
    date: NaiveDate,
    order_count: u64,
    expected: f64,
}

/// Compares the new days with those before them.
pub(super) async fn check(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    settings: &Settings,
) -> anyhow::Result<CheckResult> {
    let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source, &volume::SERIES_DAYS];
    let mut days = Vec::new();
    for row in db::rows(tx, GUARD_VOLUME, parameters).await? {
        let order_count: i64 = row.try_get("order_count")?;
        days.push(Day {
            date: row.try_get("sale_date")?,
            order_count: order_count.max(0).unsigned_abs(),
            is_new: row.try_get("is_new")?,
        });
    }
    Ok(outcome(&days, settings).into_result(batch, table, NAME))
}

fn outcome(days: &[Day], settings: &Settings) -> Outcome {
    let percent_min = settings.volume_percent_min;
    let (judged_days, shortfalls) = judge(days, settings);
    let status = match (judged_days, shortfalls.len()) {
        (0, _) => CheckStatus::Skip,
        (_, 0) => CheckStatus::Pass,
        _ => CheckStatus::Fail,
    };
    Outcome {
        status,
        element_count: judged_days,
        unexpected_count: shortfalls.len() as u64,
        expected: format!(">= {percent_min} % of the expected orders on each new, closed day"),
        actual: describe(judged_days, &shortfalls),
    }
}

/// The number of new days that could be judged, and those that fell short; each is compared with the
/// days before it, and one that fell short is not what the next one is measured by.
fn judge(days: &[Day], settings: &Settings) -> (u64, Vec<Shortfall>) {
    let counts: Vec<u64> = days.iter().map(|day| day.order_count).collect();
    let is_excluded: Vec<bool> = days
        .iter()
        .map(|day| settings.excluded_days.contains(&day.date))
        .collect();
    let mut judged_days = 0;
    let mut shortfalls = Vec::new();
    for (place, day) in days.iter().enumerate().filter(|(_, day)| day.is_new) {
        let first = place.saturating_sub(volume::SERIES_DAYS as usize);
        if place < volume::WARM_UP_DAYS {
            continue;
        }
        let verdict = volume::judge_last(&counts[first..=place], &is_excluded[first..=place]);
        let Some(verdict) = verdict.filter(|it| it.state != State::Excluded) else {
            continue;
        };
        judged_days += 1;
        let least = verdict.expected * settings.volume_percent_min / 100.0;
        if verdict.state == State::Error && (day.order_count as f64) < least {
            shortfalls.push(Shortfall {
                date: day.date,
                order_count: day.order_count,
                expected: verdict.expected,
            });
        }
    }
    (judged_days, shortfalls)
}

fn describe(judged_days: u64, shortfalls: &[Shortfall]) -> String {
    if judged_days == 0 {
        return "no new day with enough history before it".to_owned();
    }
    if shortfalls.is_empty() {
        return format!("{judged_days} days as expected");
    }
    let mut parts: Vec<String> = shortfalls
        .iter()
        .take(NAMED_DAYS_MAX)
        .map(|day| {
            format!(
                "{}: {} orders, expected about {:.0}",
                day.date, day.order_count, day.expected
            )
        })
        .collect();
    if shortfalls.len() > NAMED_DAYS_MAX {
        parts.push(format!("{} more days", shortfalls.len() - NAMED_DAYS_MAX));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    /// Goal: in a long absence every day is counted, and the first ones are named.
    /// Method: forty days of a hundred orders, then ten without any.
    #[test]
    fn an_absence_of_many_days_is_told_in_short() {
        let first = NaiveDate::from_ymd_opt(2025, 3, 1).expect("a date");
        let days: Vec<Day> = (0..50)
            .map(|place| Day {
                date: first + Days::new(place),
                order_count: if place < 40 { 100 } else { 0 },
                is_new: place >= 40,
            })
            .collect();
        let found = outcome(&days, &Settings::default());

        assert_eq!(found.status, CheckStatus::Fail);
        assert!(found.element_count == 10 && found.unexpected_count >= 6);
        let begin = "2025-04-10: 0 orders, expected about 100; 2025-04-11: 0 orders";
        assert!(found.actual.starts_with(begin), "{}", found.actual);
        assert!(found.actual.ends_with("more days"), "{}", found.actual);
    }
}
