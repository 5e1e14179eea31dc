//! A column's type, from what all of its values have in common.
//!
//! Invariant: a type is given only where every value fits it; in doubt a column is a text, and a
//! note says why.

use serde::Serialize;

use crate::source::Type;

use super::column::{Column, Reading, Seen};
use super::nulls;
use super::numbers::{ALL_MARKS, MARKS, Marks};
use super::times::{Format, FormatSet, Formats, Offset};

/// Formats that one column may mix.
const FORMATS_MAX: usize = 4;
const DEFAULT_DATE_FORMAT: &str = "%Y-%m-%d";
const DEFAULT_TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
/// Parts of names that speak of time; only then are plain numbers times.
const TIME_WORDS: [&str; 9] = [
    "time", "date", "datum", "_at", "ts", "epoch", "day", "created", "updated",
];
const FLAG_WORDS: [&str; 3] = ["is_", "has_", "flag"];

/// How a column should be declared, and why.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Conclusion {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Formats of its dates and times where they are not the default, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// Its times are UTC, whatever the shop's zone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_utc: bool,
    /// Marks of its numbers where they hold any.
    #[serde(skip)]
    pub marks: Option<Marks>,
    /// Signs of currencies beside its numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub currency_signs: Vec<&'static str>,
    /// Percent signs are behind its numbers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_percent: bool,
    /// White space around its values must go.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub must_trim: bool,
    /// Texts that mean "no value", beside the empty one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub null_tokens: Vec<&'static str>,
    /// Local times that a change of the clock skipped.
    #[serde(skip_serializing_if = "is_zero")]
    pub gap_times: u64,
    /// What was seen where a decision was taken; holds no value of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What the other columns of the file tell about this one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings {
    /// Marks that fit the numbers of all columns, where there are any.
    pub marks: u16,
    /// Commas separate no fields, so they may be decimal.
    pub is_comma_free: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Conclusion {
    fn new(kind: Type) -> Self {
        Self {
            kind,
            formats: Vec::new(),
            is_utc: false,
            marks: None,
            currency_signs: Vec::new(),
            is_percent: false,
            must_trim: false,
            null_tokens: Vec::new(),
            gap_times: 0,
            notes: Vec::new(),
        }
    }

    fn text(note: String) -> Self {
        Self {
            notes: vec![note],
            ..Self::new(Type::Text)
        }
    }
}

/// Marks under which all values of the column are numbers; 0 when they are none.
pub(crate) fn marks_of(column: &Column) -> u16 {
    if column.values == 0 || column.is_wild {
        return 0;
    }
    column
        .readings
        .keys()
        .fold(ALL_MARKS, |marks, it| marks & it.numbers)
}

/// The type of a column and all that its declaration needs.
pub(crate) fn conclude(
    name: &str,
    column: &Column,
    around: Surroundings,
    formats: &Formats,
) -> Conclusion {
    let name = name.to_lowercase();
    let mut conclusion = if column.values == 0 {
        nothing(column)
    } else if column.is_wild {
        Conclusion::new(Type::Text)
    } else {
        number(&name, column, around)
            .or_else(|| time(&name, column, formats))
            .or_else(|| flag(column))
            .or_else(|| json(column))
            .unwrap_or_else(|| text(column, formats))
    };
    add_nulls(&mut conclusion, column);
    let is_text = conclusion.kind == Type::Text;
    conclusion.must_trim = !is_text && column.padded.count > 0;
    if is_text && column.padded.count > 0 {
        let Seen { count, line } = column.padded;
        conclusion.notes.push(format!(
            "white space around {count} values, first on line {line}; trim = true takes it off"
        ));
    }
    if conclusion.kind == Type::Timestamp && !conclusion.is_utc {
        conclusion.gap_times = column.gap_times.count;
    }
    conclusion
}

fn nothing(column: &Column) -> Conclusion {
    match column.all() {
        0 => Conclusion::new(Type::Text),
        _ => Conclusion::text("no value in any record, so its type is open".to_owned()),
    }
}

fn any(column: &Column, test: impl Fn(&Reading) -> bool) -> Option<Seen> {
    let seen = column
        .readings
        .iter()
        .filter(|it| test(it.0))
        .map(|it| *it.1);
    seen.min_by_key(|it| it.line)
}

fn all(column: &Column, test: impl Fn(&Reading) -> bool) -> bool {
    column.readings.keys().all(test)
}

fn speaks_of(name: &str, words: &[&str]) -> bool {
    words.iter().any(|it| name.contains(it))
}

fn number(name: &str, column: &Column, around: Surroundings) -> Option<Conclusion> {
    let fits = marks_of(column);
    if fits == 0 || is_plain_time(name, column) {
        return None;
    }
    for (seen, what) in [
        (
            any(column, |it| it.traits.has_leading_zero),
            "leading zeros",
        ),
        (
            any(column, |it| it.traits.is_telephone),
            "plus signs before many digits",
        ),
        (
            any(column, |it| it.traits.is_too_long),
            "more than 28 digits",
        ),
    ] {
        if let Some(Seen { line, .. }) = seen {
            return Some(Conclusion::text(format!("{what} (line {line}): a text")));
        }
    }
    let (index, doubt) = choose_marks(column, fits, around);
    let is_whole = all(column, |it| it.whole >> index & 1 == 1);
    let has_sign = any(column, |it| it.traits.is_money || it.traits.is_percent).is_some();
    if is_whole
        && !has_sign
        && let Some(Seen { line, .. }) = any(column, |it| it.traits.is_long)
    {
        let note = format!("more than 18 digits (line {line}): a text");
        return Some(Conclusion::text(note));
    }
    if is_whole && let Some(conclusion) = whole_number(name, column) {
        return Some(conclusion);
    }
    let mut conclusion = Conclusion::new(if is_whole && !has_sign {
        Type::Integer
    } else {
        Type::Decimal
    });
    let are_needed = any(column, |it| it.numbers != ALL_MARKS).is_some();
    conclusion.marks = are_needed.then_some(MARKS[index]);
    conclusion.currency_signs.clone_from(&column.currencies);
    conclusion.is_percent = any(column, |it| it.traits.is_percent).is_some();
    conclusion.notes.extend(doubt);
    Some(conclusion)
}

/// Whole numbers that mean something else by the column's name.
fn whole_number(name: &str, column: &Column) -> Option<Conclusion> {
    if all(column, |it| it.traits.is_unix) && speaks_of(name, &TIME_WORDS) {
        let is_long = column.widths.is_some_and(|it| it.1 > 10);
        let format = if is_long { "unix_ms" } else { "unix" };
        return Some(Conclusion {
            formats: vec![format.to_owned()],
            is_utc: true,
            notes: vec!["numbers taken for a time, for the column's name".to_owned()],
            ..Conclusion::new(Type::Timestamp)
        });
    }
    if all(column, |it| it.traits.is_bit) && speaks_of(name, &FLAG_WORDS) {
        return Some(Conclusion::new(Type::Boolean));
    }
    None
}

/// Numbers of eight digits that are days, and whose name says so.
fn is_plain_time(name: &str, column: &Column) -> bool {
    all(column, |it| it.times != 0) && speaks_of(name, &TIME_WORDS)
}

/// Of several fitting marks those that fit all columns; a doubt is told.
fn choose_marks(column: &Column, fits: u16, around: Surroundings) -> (usize, Option<String>) {
    let common = if fits & around.marks == 0 {
        fits
    } else {
        fits & around.marks
    };
    let alive = |index: usize| common >> index & 1 == 1;
    let first = common.trailing_zeros() as usize;
    // Among these, a comma is decimal in one and a mark of thousands in the other.
    let (comma, thousands, points) = (1, 2, 3);
    let is_read_differently = |left: usize, right: usize| {
        alive(left)
            && alive(right)
            && any(column, |it| it.whole >> left & 1 != it.whole >> right & 1).is_some()
    };
    let doubt = |mark: &str| {
        Some(format!(
            "`{mark}` before three digits everywhere: thousands or a fraction? check"
        ))
    };
    if !alive(0) && is_read_differently(comma, thousands) {
        let index = if around.is_comma_free {
            comma
        } else {
            thousands
        };
        return (index, doubt(","));
    }
    if alive(0) && is_read_differently(0, points) {
        return (0, doubt("."));
    }
    (first, None)
}

fn time(name: &str, column: &Column, formats: &Formats) -> Option<Conclusion> {
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

fn flag(column: &Column) -> Option<Conclusion> {
    let are_flags = all(column, |it| it.traits.is_flag) && column.flag_words.are_clear();
    are_flags.then(|| Conclusion::new(Type::Boolean))
}

fn json(column: &Column) -> Option<Conclusion> {
    all(column, |it| it.traits.is_json).then(|| Conclusion::new(Type::Json))
}

/// A text, and what nearly made it something else.
fn text(column: &Column, formats: &Formats) -> Conclusion {
    let mut conclusion = Conclusion::new(Type::Text);
    let share = |test: &dyn Fn(&Reading) -> bool| -> u64 {
        let fitting = column.readings.iter().filter(|it| test(it.0));
        fitting.map(|it| it.1.count).sum()
    };
    let numbers = share(&|it| it.numbers != 0);
    let times = share(&|it| formats.of(it.times).next().is_some());
    for (count, what) in [(numbers, "numbers"), (times, "dates or times")] {
        let others = column.values - count;
        if count > 0 && others * 20 <= column.values {
            let odd = any(column, |it| match what {
                "numbers" => it.numbers == 0,
                _ => it.times == 0,
            });
            let note = match odd {
                Some(Seen { line, .. }) => format!(
                    "{count} of {} values are {what}, but not on line {line}: a text",
                    column.values
                ),
                None => format!("{what} of several kinds that fit no common format: a text"),
            };
            conclusion.notes.push(note);
            break;
        }
    }
    conclusion
}

fn add_nulls(conclusion: &mut Conclusion, column: &Column) {
    let is_text = conclusion.kind == Type::Text;
    for (position, count) in column.tokens.iter().enumerate() {
        let token = nulls::token(position);
        if *count == 0 {
            continue;
        }
        if !is_text || nulls::holds_among_texts(token) {
            conclusion.null_tokens.push(token);
        } else {
            conclusion.notes.push(format!(
                "`{token}` comes {count} times; if it means no value, add it to nulls"
            ));
        }
    }
}
