//! The checks: each asks one question, fills its part of the report and says what it found.

pub(crate) mod connectivity;
pub(crate) mod execution;
pub(crate) mod freshness;
pub(crate) mod quality;
pub(crate) mod volume;

use chrono::{DateTime, Utc};

use crate::finding::Finding;

/// A check's part of the report, and what a person should know of it.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) section: T,
    pub(crate) findings: Vec<Finding>,
}

/// Hours between two times, not under 0: clocks of two machines differ a little.
fn hours_between(earlier: DateTime<Utc>, later: DateTime<Utc>) -> f64 {
    let seconds = (later - earlier).as_seconds_f64().max(0.0);
    (seconds / 36.0).round() / 100.0
}
