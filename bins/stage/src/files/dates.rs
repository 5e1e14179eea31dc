//! The day that a file's folders name.

use chrono::{Datelike as _, NaiveDate};
use common::Failure;

/// Which files a run looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// First day, by the files' folders.
    pub from: Option<NaiveDate>,
    /// Last day, itself included.
    pub to: Option<NaiveDate>,
    /// Load files again that have not changed.
    pub full_refresh: bool,
}

impl Selection {
    /// Whether files may be left out.
    pub(crate) fn is_partial(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether a file of this day is looked at; one without a day is in no range.
    pub(crate) fn holds(&self, day: Option<NaiveDate>) -> bool {
        if !self.is_partial() {
            return true;
        }
        day.is_some_and(|it| {
            self.from.is_none_or(|from| from <= it) && self.to.is_none_or(|to| it <= to)
        })
    }

    /// Refuses a range that holds no day.
    ///
    /// # Errors
    /// Exit code 2.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err(Failure::usage(format!(
                "--from {from} lies after --to {to}; no day is between them"
            ))
            .into()),
            _ => Ok(()),
        }
    }
}

/// The day of the innermost dated folder: `business_date=2025-03-24/`, or `year=2025/month=03/`
/// `day=24/` in this order. The file's own name tells no day.
pub(super) fn business_date_of(relative: &str) -> Option<NaiveDate> {
    let (folders, _) = relative.rsplit_once('/')?;
    let (mut day, mut year, mut month) = (None, None, None);
    for folder in folders.split('/') {
        let Some((key, value)) = folder.split_once('=') else {
            continue;
        };
        match key {
            "business_date" => day = full_date(value).or(day),
            "year" => (year, month) = (number(value, 4..=4), None),
            "month" => month = number(value, 1..=2),
            "day" => {
                let parts = year.zip(month).zip(number(value, 1..=2));
                day = parts
                    .and_then(|((year, month), day)| date(year, month, day))
                    .or(day);
            }
            _ => {}
        }
    }
    day
}

/// `2025-03-24` and nothing that is only like it.
fn full_date(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (day.to_string() == text && day.year() > 0).then_some(day)
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn number(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_number = lengths.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn the_day_comes_from_the_innermost_folder() {
        for (path, expected) in [
            ("business_date=2025-03-01/a.csv", day("2025-03-01")),
            (
                "business_date=2025-03-01/business_date=2025-03-02/a.csv",
                day("2025-03-02"),
            ),
            ("a.csv", None),
            ("business_date=soon/a.csv", None),
            ("business_date=2025-3-1/a.csv", None),
            ("business_date=2025-02-30/a.csv", None),
            ("year=2025/month=03/day=24/a.csv", day("2025-03-24")),
            ("year=2025/month=3/day=4/a.csv", day("2025-03-04")),
            ("year=2025/shop=1/month=03/day=24/a.csv", day("2025-03-24")),
            (
                "business_date=2025-03-01/year=2025/month=03/day=24/x/a.csv",
                day("2025-03-24"),
            ),
            (
                "year=2025/month=03/day=24/business_date=2025-03-01/a.csv",
                day("2025-03-01"),
            ),
        ] {
            assert_eq!(business_date_of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_month_is_no_day_and_a_name_tells_none() {
        for path in [
            "year=2025/month=03/a.csv",
            "month=03/day=24/a.csv",
            "year=2024/month=02/year=2025/day=24/a.csv",
            "year=2025/month=13/day=24/a.csv",
            "year=25/month=03/day=24/a.csv",
            "orders_2025-03-24.csv",
            "business_date=2025-03-24",
        ] {
            assert_eq!(business_date_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_range_holds_its_ends_and_no_file_without_a_day() {
        let range = Selection {
            from: day("2025-03-01"),
            to: day("2025-03-31"),
            full_refresh: false,
        };
        assert!(range.holds(day("2025-03-01")) && range.holds(day("2025-03-31")));
        assert!(!range.holds(day("2025-02-28")) && !range.holds(None));
        assert!(Selection::default().holds(None));
        assert!(range.check().is_ok());
        let turned = Selection {
            from: range.to,
            to: range.from,
            ..range
        };
        assert!(turned.check().is_err());
    }
}
