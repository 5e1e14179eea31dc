//! Whether a column is a day or a point in time, and how it is written.

use super::{Conclusion, TIME_WORDS, all, any, marks_of, speaks_of};
use crate::detect::column::{Column, Reading};
use crate::detect::times::{Format, FormatSet, Formats, Offset};
use crate::source::Type;

/// Formats that one column may mix.
const FORMATS_MAX: usize = 4;
const DEFAULT_DATE_FORMAT: &str = "%Y-%m-%d";
const DEFAULT_TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// The day or time that all values of a column are; `None` when they are none.
pub(super) fn time(name: &str, column: &Column, formats: &Formats) -> Option<Conclusion> {
    if !all(column, |it| it.times != 0) {
        return None;
    }
    let is_number = marks_of(column) != 0;
    if is_number && !speaks_of(name, &TIME_WORDS) {
        return None;
    }
    let common = column
        .readings
        .keys()
        .fold(FormatSet::MAX, |set, it| set & it.times);
    let chosen: Vec<&Format> = if common == 0 {
        cover(column, formats)?
    } else {
        formats.of(common).take(1).collect()
    };
    if let Some(conclusion) = mixed_days(&chosen, column, formats) {
        return Some(conclusion);
    }
    let has_time = chosen[0].has_time;
    let offset = chosen[0].offset;
    if chosen
        .iter()
        .any(|it| it.has_time != has_time || it.offset != offset)
    {
        return None;
    }
    let (kind, usual) = if has_time {
        (Type::Timestamp, DEFAULT_TIME_FORMAT)
    } else {
        (Type::Date, DEFAULT_DATE_FORMAT)
    };
    let mut conclusion = Conclusion::new(kind);
    if chosen.len() > 1 || chosen[0].text != usual {
        conclusion.formats = chosen.iter().map(|it| it.text.clone()).collect();
    }
    conclusion.is_utc = offset == Offset::Utc;
    if is_day_open(&chosen, column, formats) {
        conclusion
            .notes
            .push("day or month first? values fit both; check".to_owned());
    }
    Some(conclusion)
}

/// Few formats that together fit all values: each time the one that fits most of what is left.
fn cover<'a>(column: &Column, formats: &'a Formats) -> Option<Vec<&'a Format>> {
    let mut left: Vec<(FormatSet, u64)> = column
        .readings
        .iter()
        .map(|(reading, seen)| (reading.times, seen.count))
        .collect();
    let mut chosen = Vec::new();
    while !left.is_empty() {
        if chosen.len() == FORMATS_MAX {
            return None;
        }
        let fitting = |bit: u32| -> u64 {
            let is_fitting = |it: &&(FormatSet, u64)| it.0 >> bit & 1 == 1;
            left.iter().filter(is_fitting).map(|it| it.1).sum()
        };
        // Of equals the most usual.
        let best = (0..FormatSet::BITS).rev().max_by_key(|bit| fitting(*bit))?;
        left.retain(|it| it.0 >> best & 1 == 0);
        chosen.push(formats.get(best as usize)?);
    }
    Some(chosen)
}

/// A text where some values have the day first and others the month: what fits both is open.
fn mixed_days(chosen: &[&Format], column: &Column, formats: &Formats) -> Option<Conclusion> {
    let (first, second) = chosen.iter().find_map(|it| {
        let other = swapped(&days(&it.text));
        let other = chosen.iter().find(|it| days(&it.text) == other)?;
        (days(&it.text) != days(&other.text)).then_some((*it, *other))
    })?;
    let fits = |reading: &Reading, wanted: &Format| {
        formats.of(reading.times).any(|it| it.text == wanted.text)
    };
    let line = |one: &Format, other: &Format| {
        any(column, |it| fits(it, one) && !fits(it, other)).map_or(0, |it| it.line)
    };
    Some(Conclusion::text(format!(
        "both `{}` (line {}) and `{}` (line {}), so that day and month of other values are open: \
         a text",
        first.text,
        line(first, second),
        second.text,
        line(second, first)
    )))
}

/// The part of a format that tells the day, whatever the length of its year.
fn days(format: &str) -> String {
    let end = format.find([' ', 'T']).unwrap_or(format.len());
    format[..end].replace("%y", "%Y")
}

/// The other order of day and month.
fn swapped(format: &str) -> String {
    format
        .replace("%d", "\0")
        .replace("%m", "%d")
        .replace('\0', "%m")
}

/// Whether another order of day and month fits all values just as well.
fn is_day_open(chosen: &[&Format], column: &Column, formats: &Formats) -> bool {
    let fits = |text: &str| {
        all(column, |it| {
            formats.of(it.times).any(|format| format.text == text)
        })
    };
    match chosen {
        [only] => only.text.contains("%m") && fits(&swapped(&only.text)),
        _ => false,
    }
}
