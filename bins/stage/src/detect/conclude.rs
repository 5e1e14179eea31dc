//! A column's type, from what all of its values have in common.
//!
//! Invariant: a type is given only where every value fits it; in doubt a column is a text, and a
//! note says why.

mod numbers;
#[cfg(test)]
mod tests;
mod times;

use serde::Serialize;

use crate::source::Type;

use super::column::{Column, Reading, Seen};
use super::nulls;
use super::numbers::{ALL_MARKS, Marks};
use super::times::Formats;

/// Longest text in characters that may be a key, which white space breaks; longer ones are prose.
const SHORT_TEXT_MAX: usize = 40;
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
        numbers::number(&name, column, around)
            .or_else(|| times::time(&name, column, formats))
            .or_else(|| flag(column))
            .or_else(|| json(column))
            .unwrap_or_else(|| text(column, formats))
    };
    add_nulls(&mut conclusion, column);
    let is_text = conclusion.kind == Type::Text;
    conclusion.must_trim = !is_text && column.padded.count > 0;
    let is_short = column.widths.is_some_and(|it| it.1 <= SHORT_TEXT_MAX);
    if is_text && is_short && column.padded.count > 0 {
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
            let times = match count {
                1 => "once".to_owned(),
                count => format!("{count} times"),
            };
            conclusion.notes.push(format!(
                "`{token}` comes {times}; if it means no value, add it to nulls"
            ));
        }
    }
}
