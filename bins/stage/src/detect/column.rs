//! What all values of one column have in common.
//!
//! Memory is bounded: a column keeps how many values can be read how, never the values, but for
//! three samples.

use std::collections::HashMap;

use chrono::{LocalResult, TimeZone as _};
use chrono_tz::Tz;

use super::flags;
use super::nulls;
use super::numbers::Number;
use super::times::{FormatSet, Formats, Offset};

/// Different ways in which values can be read, before the column is a text.
const READINGS_MAX: usize = 64;
/// Samples, and the longest one in characters.
const SAMPLES_MAX: usize = 3;
const SAMPLE_LENGTH_MAX: usize = 40;
/// Signs of currencies in one column.
const CURRENCIES_MAX: usize = 4;
/// Digits that every whole number of 64 bits may have, and those of an exact number.
const INTEGER_DIGITS_MAX: usize = 18;
const DECIMAL_DIGITS_MAX: usize = 28;
/// Longer numbers with a plus sign are telephone numbers.
const PLUS_DIGITS_MAX: usize = 6;

/// What is needed to look at values.
#[derive(Debug)]
pub(crate) struct Eyes {
    /// Formats of dates and times.
    pub formats: Formats,
    /// The shop's zone, where it is known.
    pub time_zone: Option<Tz>,
}

/// How one value can be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Reading {
    /// Marks under which it is a number, after `numbers::MARKS`.
    pub numbers: u16,
    /// Marks under which it is a whole one.
    pub whole: u16,
    /// Formats under which it is a time.
    pub times: FormatSet,
    /// What else it is.
    pub traits: Traits,
}

/// What else a value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a text"
)]
pub(crate) struct Traits {
    /// A number would lose its zeros.
    pub has_leading_zero: bool,
    /// More digits than a whole number holds.
    pub is_long: bool,
    /// More digits than an exact number holds.
    pub is_too_long: bool,
    /// Probably a telephone number.
    pub is_telephone: bool,
    /// A percent sign is behind it.
    pub is_percent: bool,
    /// The sign of a currency is beside it.
    pub is_money: bool,
    /// A word for true or false.
    pub is_flag: bool,
    /// 0 or 1.
    pub is_bit: bool,
    /// A JSON object or array.
    pub is_json: bool,
    /// Seconds or milliseconds since 1970, in the years 2000 to 2099.
    pub is_unix: bool,
}

/// How often something was seen, and first where.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// How often.
    pub count: u64,
    /// The first line.
    pub line: u64,
}

/// What all values of one column have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    /// Values that are neither empty nor a token of [`nulls`].
    pub values: u64,
    /// Empty ones.
    pub empty: u64,
    /// Tokens, by their place in the list.
    pub tokens: [u64; nulls::COUNT],
    /// White space around values.
    pub padded: Seen,
    /// How values can be read.
    pub readings: HashMap<Reading, Seen>,
    /// There were too many ways.
    pub is_wild: bool,
    /// Signs of currencies.
    pub currencies: Vec<&'static str>,
    /// Words for true and false that were seen.
    pub flag_words: flags::Words,
    /// Least and greatest width in characters.
    pub widths: Option<(usize, usize)>,
    /// Local times that a change of the clock skipped.
    pub gap_times: Seen,
    /// A few different values, cut to a sensible length.
    pub samples: Vec<String>,
}

impl Seen {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.line = line;
        }
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            self.line = other.line;
        }
        self.count += other.count;
    }
}

impl Column {
    /// Looks at one more value.
    pub(crate) fn observe(&mut self, text: &str, line: u64, eyes: &Eyes) {
        let width = if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
        let (least, greatest) = self.widths.unwrap_or((width, width));
        self.widths = Some((least.min(width), greatest.max(width)));
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            self.padded.add(line);
        }
        if trimmed.is_empty() {
            self.empty += 1;
            return;
        }
        if let Some(position) = nulls::position(trimmed) {
            self.tokens[position] += 1;
            return;
        }
        self.values += 1;
        self.keep_sample(trimmed);
        if self.is_wild {
            return;
        }
        let reading = self.read(trimmed, line, eyes);
        self.readings.entry(reading).or_default().add(line);
        self.is_wild = self.readings.len() > READINGS_MAX;
    }

    /// A value that is JSON by where it stands.
    pub(crate) fn observe_json(&mut self, line: u64) {
        self.values += 1;
        let mut reading = Reading::default();
        reading.traits.is_json = true;
        self.readings.entry(reading).or_default().add(line);
    }

    /// No value.
    pub(crate) fn observe_nothing(&mut self, count: u64) {
        self.empty += count;
    }

    fn read(&mut self, text: &str, line: u64, eyes: &Eyes) -> Reading {
        let mut reading = Reading {
            times: eyes.formats.fitting(text),
            ..Reading::default()
        };
        if let Some(number) = Number::read(text) {
            reading.numbers = number.fits;
            reading.whole = number.whole;
            reading.traits = number_traits(text, &number);
            self.keep_currency(number.currency);
        }
        if let Some(word) = flags::word(text) {
            reading.traits.is_flag = true;
            self.flag_words.insert(word);
        }
        reading.traits.is_json = text.starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if reading.times != 0 && is_in_gap(text, reading.times, eyes) {
            self.gap_times.add(line);
        }
        reading
    }

    fn keep_currency(&mut self, sign: Option<&'static str>) {
        let Some(sign) = sign else {
            return;
        };
        if self.currencies.len() < CURRENCIES_MAX && !self.currencies.contains(&sign) {
            self.currencies.push(sign);
        }
    }

    fn keep_sample(&mut self, text: &str) {
        if self.samples.len() == SAMPLES_MAX {
            return;
        }
        let is_cut = text.chars().nth(SAMPLE_LENGTH_MAX).is_some();
        let mut sample: String = text.chars().take(SAMPLE_LENGTH_MAX).collect();
        if is_cut {
            sample.push('…');
        }
        if !self.samples.contains(&sample) {
            self.samples.push(sample);
        }
    }

    /// Adds what another file of the same table holds.
    pub(crate) fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.empty += other.empty;
        for (mine, theirs) in self.tokens.iter_mut().zip(other.tokens) {
            *mine += theirs;
        }
        self.padded.merge(other.padded);
        self.gap_times.merge(other.gap_times);
        for (reading, seen) in other.readings {
            self.readings.entry(reading).or_default().merge(seen);
        }
        self.is_wild |= other.is_wild || self.readings.len() > READINGS_MAX;
        for sign in other.currencies {
            self.keep_currency(Some(sign));
        }
        self.flag_words.merge(other.flag_words);
        self.widths = match (self.widths, other.widths) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
        for sample in other.samples {
            self.keep_sample(&sample);
        }
    }

    /// How often some of the tokens came.
    pub(crate) fn tokens_among(&self, tokens: &[&str]) -> u64 {
        let counts = self.tokens.iter().enumerate();
        counts
            .filter(|(position, _)| tokens.contains(&nulls::token(*position)))
            .map(|(_, count)| count)
            .sum()
    }

    /// All values, those that may mean "no value" too.
    pub(crate) fn all(&self) -> u64 {
        self.values + self.empty + self.tokens.iter().sum::<u64>()
    }
}

fn number_traits(text: &str, number: &Number) -> Traits {
    // 2000-01-01 to 2099-12-31, in seconds or milliseconds.
    let is_unix = match (text.len(), number.digits, text.parse::<i64>()) {
        (10, 10, Ok(seconds)) => (946_684_800..4_102_444_800).contains(&seconds),
        (13, 13, Ok(milliseconds)) => (946_684_800_000..4_102_444_800_000).contains(&milliseconds),
        _ => false,
    };
    Traits {
        has_leading_zero: number.has_leading_zero,
        is_long: number.digits > INTEGER_DIGITS_MAX,
        is_too_long: number.digits > DECIMAL_DIGITS_MAX,
        is_telephone: number.has_plus && number.digits > PLUS_DIGITS_MAX,
        is_percent: number.is_percent,
        is_money: number.currency.is_some(),
        is_bit: matches!(text, "0" | "1"),
        is_unix,
        ..Traits::default()
    }
}

fn is_in_gap(text: &str, times: FormatSet, eyes: &Eyes) -> bool {
    let Some(zone) = eyes.time_zone else {
        return false;
    };
    // Of several formats the most usual; where they differ, day and month are told to be open.
    let index = times.trailing_zeros() as usize;
    let is_local = eyes
        .formats
        .get(index)
        .is_some_and(|it| it.has_time && it.offset == Offset::Local);
    is_local
        && eyes
            .formats
            .parse(index, text)
            .is_some_and(|it| matches!(zone.from_local_datetime(&it), LocalResult::None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eyes(time_zone: Option<Tz>) -> Eyes {
        Eyes {
            formats: Formats::usual(),
            time_zone,
        }
    }

    #[test]
    fn times_in_a_gap_of_the_zone_are_told_with_their_line() {
        let eyes = eyes(Some(chrono_tz::America::Sao_Paulo));
        let mut column = Column::default();
        column.observe("2017-10-15 01:00:00", 2, &eyes);
        column.observe("2017-10-15 00:00:00", 3, &eyes);
        column.observe("2017-10-15", 4, &eyes);
        assert_eq!((column.gap_times.count, column.gap_times.line), (1, 3));
    }

    #[test]
    fn samples_are_few_different_and_short() {
        let mut column = Column::default();
        for text in ["a", "a", "b", &"x".repeat(1_000), "c"] {
            column.observe(text, 1, &eyes(None));
        }
        assert_eq!(column.samples.len(), SAMPLES_MAX);
        assert_eq!(column.samples[2].chars().count(), SAMPLE_LENGTH_MAX + 1);
        assert_eq!(column.widths, Some((1, 1_000)));
    }

    #[test]
    fn memory_is_bounded_by_the_ways_of_reading() {
        let (mut column, eyes) = (Column::default(), eyes(None));
        for number in 0..10_000_u32 {
            let text = format!(
                "{}-{}-{number}",
                "9".repeat(1 + number as usize % 90),
                number % 7
            );
            column.observe(&text, 1, &eyes);
        }
        assert!(column.readings.len() <= READINGS_MAX + 1);
    }

    #[test]
    fn merged_columns_know_what_both_knew() {
        let eyes = eyes(None);
        let (mut first, mut second) = (Column::default(), Column::default());
        first.observe("1", 2, &eyes);
        first.observe("", 3, &eyes);
        second.observe("NA", 2, &eyes);
        second.observe("$ 2.50", 3, &eyes);
        first.merge(second);
        assert_eq!((first.values, first.empty, first.all()), (2, 1, 4));
        assert_eq!(first.currencies, ["$"]);
        assert_eq!(first.readings.len(), 2);
        assert_eq!(first.widths, Some((0, 6)));
    }
}
