//! One thing that was asked for, what is there, and how far the two may lie apart.
//!
//! Invariant: a tolerance follows from the number of cases behind a measure, so that a tiny shop is
//! not told off for its size, and a large one is held to its word.

use serde::Serialize;

/// A share of independent cases leaves four standard errors once in 16,000 times.
pub(crate) const STANDARD_ERRORS: f64 = 4.0;
/// Points that rounding, and what a formula leaves out, may make.
const POINTS_SLACK: f64 = 0.2;
/// A share of few cases is not normal: two cases more or less are no sign.
const CASES_SLACK: f64 = 2.0;

/// What was asked for beside what is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Measure {
    /// Measures of one kind; people are shown the worst of them.
    pub(crate) group: &'static str,
    /// Which of the group, where it has several.
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) asked: f64,
    pub(crate) found: f64,
    pub(crate) tolerance: f64,
    /// Cases that `found` was counted from; without any there is nothing to judge.
    pub(crate) cases: u64,
}

/// What the numbers of a measure are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Percent,
    Times,
    Count,
}

/// What is to be said of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Ok,
    Off,
    TooFew,
}

impl Measure {
    /// `hits` of `cases` independent ones, of which `asked_pct` were asked for (binomial).
    pub(crate) fn share(
        group: &'static str,
        name: impl Into<String>,
        asked_pct: f64,
        hits: u64,
        cases: u64,
    ) -> Self {
        Self {
            group,
            name: name.into(),
            unit: Unit::Percent,
            asked: asked_pct,
            found: 100.0 * ratio(hits as f64, cases as f64),
            tolerance: share_tolerance(asked_pct, cases),
            cases,
        }
    }

    /// The same with more room, in points.
    #[must_use]
    pub(crate) fn with_slack(mut self, points: f64) -> Self {
        self.tolerance += points;
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.cases == 0 {
            Verdict::TooFew
        } else if self.distance() <= 1.0 {
            Verdict::Ok
        } else {
            Verdict::Off
        }
    }

    /// Of the tolerance: more than 1 is off. What is not a number is off, too.
    pub(crate) fn distance(&self) -> f64 {
        let distance = (self.found - self.asked).abs() / self.tolerance;
        if distance.is_nan() {
            f64::INFINITY
        } else {
            distance
        }
    }
}

/// In points: four standard errors of a binomial share, and what small numbers need beside.
pub(crate) fn share_tolerance(asked_pct: f64, cases: u64) -> f64 {
    let asked = (asked_pct / 100.0).clamp(0.0, 1.0);
    let cases = cases.max(1) as f64;
    let standard_error = (asked * (1.0 - asked) / cases).sqrt();
    100.0 * (STANDARD_ERRORS * standard_error + CASES_SLACK / cases) + POINTS_SLACK
}

/// 0 where there is nothing to divide by.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// Each in percent of their sum.
pub(crate) fn percentages<const N: usize>(weights: [f64; N]) -> [f64; N] {
    let sum: f64 = weights.iter().sum();
    weights.map(|it| 100.0 * ratio(it, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_held_to_its_word_by_the_number_of_its_cases() {
        let verdict = |hits, cases| Measure::share("", "", 4.0, hits, cases).verdict();

        assert_eq!(verdict(0, 10), Verdict::Ok);
        assert_eq!(verdict(0, 0), Verdict::TooFew);
        assert_eq!(verdict(450, 10_000), Verdict::Ok);
        assert_eq!(verdict(510, 10_000), Verdict::Off);
        assert_eq!(verdict(44_000, 1_000_000), Verdict::Off);
        assert_eq!(
            Measure::share("", "", 0.0, 1, 10_000).verdict(),
            Verdict::Ok
        );
        assert_eq!(
            Measure::share("", "", f64::NAN, 1, 10).verdict(),
            Verdict::Off
        );
    }
}
