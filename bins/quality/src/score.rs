//! The score, as quality-and-monitoring.md defines it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::{Dimension, Severity};

/// What one check contributes: the share of what it looked at that was right, 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    /// The kind of quality.
    pub(crate) dimension: Dimension,
    /// Gives the check its weight.
    pub(crate) severity: Severity,
    /// 1 − failed / looked at; 0 or 1 for a check of the whole table.
    pub(crate) share_right: f64,
}

/// One dimension of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct DimensionScore {
    /// 0 to 100.
    pub(crate) score: f64,
    /// Checks that looked at something.
    pub(crate) checks: u64,
}

/// A table's score with its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableScore {
    /// 0 to 100.
    pub(crate) score: f64,
    /// The dimensions that its checks measure.
    pub(crate) dimensions: BTreeMap<Dimension, DimensionScore>,
}

/// The score of a table; none where no check looked at anything.
pub(crate) fn table(measures: &[Measure]) -> Option<TableScore> {
    let mut sums: BTreeMap<Dimension, (f64, f64, u64)> = BTreeMap::new();
    for measure in measures {
        let weight = measure.severity.weight();
        let sum = sums.entry(measure.dimension).or_default();
        sum.0 += weight * measure.share_right;
        sum.1 += weight;
        sum.2 += 1;
    }
    let dimensions: BTreeMap<Dimension, DimensionScore> = sums
        .into_iter()
        .map(|(dimension, (right, weight, checks))| {
            (
                dimension,
                DimensionScore {
                    score: 100.0 * right / weight,
                    checks,
                },
            )
        })
        .collect();
    let parts = dimensions
        .iter()
        .map(|(dimension, it)| (it.score, dimension.weight()));
    let score = weighted_mean(parts)?;
    Some(TableScore { score, dimensions })
}

/// The mean of values with their weights; none where there is no weight.
pub(crate) fn weighted_mean(parts: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weight) = parts.fold((0.0, 0.0), |(sum, all), (value, weight)| {
        (sum + value * weight, all + weight)
    });
    (weight > 0.0).then(|| sum / weight)
}

/// How right an age is: 1 up to the warning, 0 from the error on, and falling evenly between them.
pub(crate) fn timeliness(age_s: f64, warn_s: f64, error_s: f64) -> f64 {
    if age_s <= warn_s {
        1.0
    } else if error_s <= warn_s {
        0.0
    } else {
        (1.0 - (age_s - warn_s) / (error_s - warn_s)).clamp(0.0, 1.0)
    }
}

/// The grade of a score.
pub(crate) fn grade(score: f64) -> &'static str {
    match score {
        it if it >= 90.0 => "A",
        it if it >= 80.0 => "B",
        it if it >= 70.0 => "C",
        it if it >= 60.0 => "D",
        _ => "F",
    }
}

/// Two decimals: what is shown is what the gate compares.
pub(crate) fn rounded(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: f64 = 2003.0;

    fn measure(dimension: Dimension, severity: Severity, failed: f64) -> Measure {
        Measure {
            dimension,
            severity,
            share_right: 1.0 - failed / ROWS,
        }
    }

    /// The worked example of quality-and-monitoring.md; its gate is tested in `gate`.
    fn worked_example() -> Vec<Measure> {
        use Dimension::{Completeness, Timeliness, Uniqueness, Validity};
        vec![
            measure(Completeness, Severity::Critical, 0.0),
            measure(Completeness, Severity::Error, 40.0),
            measure(Uniqueness, Severity::Critical, 3.0),
            measure(Validity, Severity::Warning, 1002.0),
            measure(Validity, Severity::Error, 20.0),
            measure(Timeliness, Severity::Warning, 0.0),
            measure(Timeliness, Severity::Error, 0.0),
        ]
    }

    #[test]
    fn the_worked_example_scores_94_99_and_gets_an_a() {
        let table = table(&worked_example()).expect("a score");
        let part = |dimension| rounded(table.dimensions[&dimension].score);
        assert_eq!(part(Dimension::Completeness), 99.33);
        assert_eq!(part(Dimension::Uniqueness), 99.85);
        assert_eq!(part(Dimension::Validity), 82.66);
        assert_eq!(part(Dimension::Timeliness), 100.0);
        assert_eq!(rounded(table.score), 94.99);
        assert_eq!(grade(table.score), "A");
    }

    #[test]
    fn an_age_counts_less_from_the_warning_to_the_error() {
        let shares = [0.0, 10.0, 15.0, 20.0, 99.0].map(|age_s| timeliness(age_s, 10.0, 20.0));
        assert_eq!(shares, [1.0, 1.0, 0.5, 0.0, 0.0]);
        let without_a_ramp = [10.0, 10.1].map(|age_s| timeliness(age_s, 10.0, 10.0));
        assert_eq!(without_a_ramp, [1.0, 0.0]);
    }

    #[test]
    fn a_table_that_nothing_was_asked_of_has_no_score() {
        assert_eq!(table(&[]), None);
        assert_eq!(weighted_mean(std::iter::empty()), None);
    }

    #[test]
    fn tables_weigh_by_criticality_and_not_by_rows() {
        let score = weighted_mean([(100.0, 3.0), (50.0, 1.0)].into_iter());
        assert_eq!(score, Some(87.5));
    }
}
