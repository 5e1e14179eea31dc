//! Whether a column is a day or a point in time, and how it is written.

use super::{Conclusion, TIME_WORDS, all, marks_of, speaks_of};
use crate::detect::column::Column;
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

/// Whether another order of day and month fits all values just as well, or two orders are mixed.
fn is_day_open(chosen: &[&Format], column: &Column, formats: &Formats) -> bool {
    let swapped = |text: &str| {
        text.replace("%d", "\0")
            .replace("%m", "%d")
            .replace('\0', "%m")
    };
    let fits = |text: &str| {
        all(column, |it| {
            formats.of(it.times).any(|format| format.text == text)
        })
    };
    match chosen {
        [only] => only.text.contains("%m") && fits(&swapped(&only.text)),
        several => several
            .iter()
            .any(|it| several.iter().any(|other| other.text == swapped(&it.text))),
    }
}
