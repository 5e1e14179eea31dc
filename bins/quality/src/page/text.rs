//! How the page, and lists on a terminal, show texts and figures that others wrote.

use common::console::grouped;
use maud::{Markup, html};

use crate::verdict::CheckStatus;

/// Characters of a name or a sentence; longer ones are cut, and say so.
const SHORT_CHARS_MAX: usize = 100;
/// Characters of a query.
const LONG_CHARS_MAX: usize = 1_500;

/// A name or sentence on one line.
pub(crate) fn short(text: &str) -> String {
    shown(text, SHORT_CHARS_MAX, |_| false)
}

/// A query, with its lines.
pub(super) fn long(text: &str) -> String {
    shown(text, LONG_CHARS_MAX, |letter| matches!(letter, '\n' | '\t'))
}

/// Letters that would change how their neighbours are read are written as codes, so that nobody's
/// file can make the page say something else.
fn shown(text: &str, chars_max: usize, is_kept: fn(char) -> bool) -> String {
    let mut shown = String::new();
    let mut letters = text.chars();
    let mut room = chars_max;
    while room > 0 {
        let Some(letter) = letters.next() else { break };
        if is_kept(letter) || !(letter.is_control() || is_direction(letter)) {
            shown.push(letter);
            room -= 1;
        } else {
            let code = letter.escape_unicode();
            room = room.saturating_sub(code.len());
            shown.extend(code);
        }
    }
    let left_out = letters.count();
    if left_out > 0 {
        shown.push_str(&format!("… ({} more characters)", grouped(left_out as u64)));
    }
    shown
}

/// Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm, and letters
/// without width.
fn is_direction(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// A figure that programs can find: `data-figure` names it, `value` is it.
pub(super) fn figure(name: &str, value: &str, shown: &str) -> Markup {
    html! { data data-figure=(name) value=(value) { (shown) } }
}

/// A number of rows or checks.
pub(super) fn count_figure(name: &str, count: u64) -> Markup {
    figure(name, &count.to_string(), &grouped(count))
}

/// A score with two decimals.
pub(super) fn score(score: f64) -> String {
    format!("{score:.2}")
}

/// A time as people write it; the exact one is in the attribute.
pub(super) fn time(iso: &str) -> Markup {
    html! { time datetime=(iso) { (minutes(iso)) " UTC" } }
}

/// `2026-01-15 02:00` of an ISO time in UTC.
pub(super) fn minutes(iso: &str) -> String {
    iso.chars().take(16).collect::<String>().replace('T', " ")
}

/// How a check ended, in a shape and a word: colour alone says nothing to many.
pub(super) fn status(status: CheckStatus) -> Markup {
    let (shape, word) = match status {
        CheckStatus::Pass => ("●", "passed"),
        CheckStatus::Warn => ("▲", "warning"),
        CheckStatus::Fail => ("✕", "failed"),
        CheckStatus::Skip => ("–", "skipped"),
    };
    html! { b class=(status.name()) { (shape) " " (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_turn_others_round_are_written_out() {
        assert_eq!(
            short("a\u{202e}b\nc\u{feff}"),
            "a\\u{202e}b\\u{a}c\\u{feff}"
        );
        assert_eq!(short("שלום"), "שלום");
        assert_eq!(long("select\n\t1\r"), "select\n\t1\\u{d}");
    }

    #[test]
    fn what_is_too_long_is_cut_between_letters() {
        let cut = short(&"ü".repeat(10_000));
        assert!(cut.starts_with("üü") && cut.ends_with("… (9,900 more characters)"));
    }
}
