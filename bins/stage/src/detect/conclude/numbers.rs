//! Whether a column is a number, and how it is written.

use super::{Conclusion, FLAG_WORDS, Surroundings, TIME_WORDS, all, any, marks_of, speaks_of};
use crate::detect::column::{Column, Seen};
use crate::detect::numbers::{ALL_MARKS, MARKS};
use crate::source::Type;

/// The number that all values of a column are; `None` when they are none. Numbers that would lose
/// digits are a text.
pub(super) fn number(name: &str, column: &Column, around: Surroundings) -> Option<Conclusion> {
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
    if are_mixed(&column.currencies) {
        let signs: Vec<String> = column
            .currencies
            .iter()
            .map(|it| format!("`{it}`"))
            .collect();
        let signs = signs.join(", ");
        let note = format!("amounts of several currencies ({signs}), which a number loses: a text");
        return Some(Conclusion::text(note));
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

/// Whether the signs are those of several currencies; a bare `$` may be any dollar.
fn are_mixed(signs: &[&'static str]) -> bool {
    let code = |sign: &'static str| match sign {
        "€" => "EUR",
        "£" => "GBP",
        "US$" => "USD",
        "R$" => "BRL",
        "zł" => "PLN",
        other => other,
    };
    signs.iter().any(|it| code(it) != code(signs[0]))
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
