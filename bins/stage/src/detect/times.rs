//! Which dates and times a text may be, under every usual format.
//!
//! Invariant: nothing is chosen here. `03/04/2025` fits both orders of day and month; only all
//! values of a column can tell, and sometimes they cannot.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime};

/// Days without a time, the most usual first.
const DAYS: [&str; 18] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y%m%d",
];
/// Days before a time: those without names of months.
const DAYS_BEFORE_TIMES: usize = 11;
const TIMES: [&str; 5] = [
    "%H:%M:%S",
    "%H:%M",
    "%H:%M:%S%.f",
    "%I:%M:%S %p",
    "%I:%M %p",
];
/// Ends that tell the offset; chrono's `%z` takes `+0200` and `+02:00`.
const OFFSETS: [&str; 5] = ["", "Z", "%z", " %z", " UTC"];

/// Longest text that may be a time; the longest format gives 35 characters.
const LENGTH_MAX: usize = 48;
/// Years that are taken for dates of a shop; a number of eight digits is often none.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// A set of formats: bits in the order of [`Formats`].
pub(crate) type FormatSet = u128;

/// What a format tells beside day and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offset {
    /// Nothing: the time is local.
    Local,
    /// It ends with a letter or word that means UTC.
    Utc,
    /// It has an offset of its own.
    Own,
}

/// A format in chrono's strftime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    /// The text, as in `source.toml`.
    pub text: String,
    /// It has a time.
    pub has_time: bool,
    /// What it tells of the offset.
    pub offset: Offset,
}

/// All formats that are tried, by what a text looks like.
#[derive(Debug)]
pub(crate) struct Formats {
    all: Vec<Format>,
    by_shape: HashMap<String, Vec<usize>>,
}

impl Formats {
    /// The usual formats, the most usual first.
    pub(crate) fn usual() -> Self {
        let mut all: Vec<Format> = DAYS.iter().map(|it| format(it, "", "")).collect();
        for day in &DAYS[..DAYS_BEFORE_TIMES] {
            let is_iso = day.starts_with("%Y");
            for time in TIMES {
                all.push(format(&format!("{day} {time}"), time, ""));
                if !is_iso || time.contains("%p") || !day.contains('-') {
                    continue;
                }
                all.push(format(&format!("{day}T{time}"), time, ""));
                for offset in &OFFSETS[1..] {
                    all.push(format(&format!("{day} {time}{offset}"), time, offset));
                    all.push(format(&format!("{day}T{time}{offset}"), time, offset));
                }
            }
        }
        // A set of formats has one bit for each.
        all.truncate(FormatSet::BITS as usize);
        let mut by_shape: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, format) in all.iter().enumerate() {
            for shape in shapes_of_format(&format.text) {
                by_shape.entry(shape).or_default().push(index);
            }
        }
        Self { all, by_shape }
    }

    /// The format behind a bit.
    pub(crate) fn get(&self, index: usize) -> Option<&Format> {
        self.all.get(index)
    }

    /// The formats of a set, the most usual first.
    pub(crate) fn of(&self, set: FormatSet) -> impl Iterator<Item = &Format> {
        let is_in = move |index: &usize| set >> index & 1 == 1;
        (0..self.all.len())
            .filter(is_in)
            .filter_map(|it| self.get(it))
    }

    /// The formats under which the text is a day or a point in time.
    pub(crate) fn fitting(&self, text: &str) -> FormatSet {
        if text.len() > LENGTH_MAX || !text.bytes().any(|it| it.is_ascii_digit()) {
            return 0;
        }
        let Some(candidates) = self.by_shape.get(&shape_of(text)) else {
            return 0;
        };
        let day = text.split(' ').next().unwrap_or_default();
        let year_digits = day.bytes().rev().take_while(u8::is_ascii_digit).count();
        let fits = |index: &&usize| {
            // The version `1.2.3` is no day.
            let has_year = year_digits == 2 || !self.all[**index].text.contains("%y");
            has_year && self.parse(**index, text).is_some()
        };
        candidates
            .iter()
            .filter(fits)
            .fold(0, |set, index| set | 1 << index)
    }

    /// The local day and time that a text is under a format; midnight where there is no time.
    pub(crate) fn parse(&self, index: usize, text: &str) -> Option<NaiveDateTime> {
        let format = self.get(index)?;
        let time = if format.offset == Offset::Own {
            DateTime::parse_from_str(text, &format.text)
                .ok()?
                .naive_local()
        } else if format.has_time {
            NaiveDateTime::parse_from_str(text, &format.text).ok()?
        } else {
            NaiveDate::parse_from_str(text, &format.text)
                .ok()?
                .and_hms_opt(0, 0, 0)?
        };
        YEARS.contains(&time.year()).then_some(time)
    }
}

fn format(text: &str, time: &str, offset: &str) -> Format {
    Format {
        text: text.to_owned(),
        has_time: !time.is_empty(),
        offset: match offset {
            "" => Offset::Local,
            "Z" | " UTC" => Offset::Utc,
            _ => Offset::Own,
        },
    }
}

/// What a text looks like: runs of digits and letters each become one sign, so that few of the
/// formats have to be tried. `2018-08-15 10:10:18.5` is `Y-9-9 9:9:9.f`.
fn shape_of(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let is_alike = |it: &u8| match bytes[start] {
            b'0'..=b'9' => it.is_ascii_digit(),
            first if first.is_ascii_alphabetic() => it.is_ascii_alphabetic(),
            _ => false,
        };
        let run = bytes[start..]
            .iter()
            .take_while(|it| is_alike(it))
            .count()
            .max(1);
        let sign = match bytes[start] {
            b'0'..=b'9' if shape.ends_with('.') && shape.matches(':').count() == 2 => 'f',
            b'0'..=b'9' => match run {
                1 | 2 => '9',
                4 => 'Y',
                8 => 'D',
                _ => 'x',
            },
            first if first.is_ascii_alphabetic() => 'a',
            b'+' => '-',
            other => char::from(other),
        };
        shape.push(sign);
        start += run;
    }
    shape
}

/// The looks of all texts that a format may fit.
fn shapes_of_format(format: &str) -> Vec<String> {
    let replaced = format
        .replace("%Y%m%d", "D")
        .replace("%Y", "Y")
        .replace("%b", "a")
        .replace("%B", "a")
        .replace("%p", "a")
        .replace("UTC", "a")
        .replace(['T', 'Z'], "a");
    let replaced = ["%m", "%d", "%y", "%H", "%I", "%M", "%S"]
        .iter()
        .fold(replaced, |text, code| text.replace(code, "9"));
    let mut shapes = vec![replaced];
    for (code, looks) in [("%.f", ["", ".f"]), ("%z", ["-Y", "-9:9"])] {
        if shapes[0].contains(code) {
            shapes = shapes
                .iter()
                .flat_map(|shape| looks.map(|look| shape.replace(code, look)))
                .collect();
        }
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(text: &str) -> Vec<String> {
        let formats = Formats::usual();
        let set = formats.fitting(text);
        formats.of(set).map(|it| it.text.clone()).collect()
    }

    #[test]
    fn every_format_has_a_bit_and_is_found_by_what_it_writes() {
        let formats = Formats::usual();
        assert!(formats.all.len() < FormatSet::BITS as usize);
        let time = DateTime::from_timestamp(1_700_000_000, 250_000_000).expect("a time");
        for (index, format) in formats.all.iter().enumerate() {
            let text = time.format(&format.text).to_string();
            assert!(
                formats.fitting(&text) >> index & 1 == 1,
                "{} of {text}",
                format.text
            );
        }
    }

    #[test]
    fn day_and_month_stay_open_until_a_day_tells() {
        assert_eq!(fitting("03/04/2025"), ["%d/%m/%Y", "%m/%d/%Y"]);
        assert_eq!(fitting("13/04/2025"), ["%d/%m/%Y"]);
        assert_eq!(fitting("04/13/2025"), ["%m/%d/%Y"]);
        assert_eq!(fitting("29.02.2024"), ["%d.%m.%Y"]);
    }

    #[test]
    fn times_with_and_without_offset() {
        let first = |text: &str| fitting(text).into_iter().next().unwrap_or_default();
        assert_eq!(first("2018-08-15 10:10:18"), "%Y-%m-%d %H:%M:%S");
        assert_eq!(first("2018-08-15T10:10:18.123456"), "%Y-%m-%dT%H:%M:%S%.f");
        assert_eq!(first("2018-08-15T10:10:18Z"), "%Y-%m-%dT%H:%M:%SZ");
        assert_eq!(first("2018-08-15T10:10:18+02:00"), "%Y-%m-%dT%H:%M:%S%z");
        assert_eq!(first("2018-08-15 10:10:18 -0300"), "%Y-%m-%d %H:%M:%S %z");
        assert_eq!(first("15.08.2018 10:10"), "%d.%m.%Y %H:%M");
        assert_eq!(first("8/15/2018 1:05 PM"), "%m/%d/%Y %I:%M %p");
    }

    #[test]
    fn what_is_no_time_fits_nothing() {
        for text in [
            "",
            "2023-02-29",
            "18-08-15",
            "10:15",
            "12345",
            "20189999",
            "1.2.3",
            "now",
            "2018-08-15 25:00:00",
            "0000-01-01",
            "2018-13-01",
            "13/13/2018",
            "12018-01-01",
        ] {
            assert_eq!(fitting(text), Vec::<String>::new(), "{text}");
        }
    }
}
