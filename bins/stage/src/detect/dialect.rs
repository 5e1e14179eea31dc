//! The most likely dialect of a sample.
//!
//! After G. J. J. van den Burg, A. Nazábal and C. Sutton, "Wrangling messy CSV files by detecting
//! row and type patterns", Data Mining and Knowledge Discovery 33 (2019), pages 1799 to 1820,
//! doi:10.1007/s10618-019-00646-y: every dialect that may be meant splits the sample; the one that
//! gives regular rows (pattern score) of fields that look like values (type score) wins. Beyond the
//! paper, rows with broken quotes count against a dialect.

use std::collections::BTreeMap;

use super::numbers::Number;
use super::split::{Cell, Dialect, Row, split};

/// Separators that are tried where they occur, the most usual first.
const DELIMITERS: [&str; 15] = [
    ",", ";", "\t", "|", ", ", "; ", "||", "^", "~", "~|~", ":", " ", "\u{1f}", "\u{1}", "::",
];
/// What may escape a quote, where it stands before one.
const ESCAPES: [char; 8] = ['\\', '\0', '"', '\'', '^', '~', '/', '`'];

/// Weight of a row with a single field, the paper's alpha: such a row says nothing.
const SINGLE_FIELD_WEIGHT: f64 = 1e-3;
/// One broken row in so many is an accident.
const ACCIDENTS_PER_ROWS: usize = 10;
/// The paper's epsilon: a sample without a single value still has a pattern.
const LEAST_TYPE_SCORE: f64 = 1e-10;

/// A dialect, and what the sample looks like in it.
#[derive(Debug)]
pub(crate) struct Guess {
    /// The dialect.
    pub dialect: Dialect,
    /// The sample's rows.
    pub rows: Vec<Row>,
    /// The sample holds something that only this choice of quote explains.
    pub has_quotes: bool,
}

/// The strict reading that is meant where nothing else is told.
pub(crate) fn plain() -> Dialect {
    Dialect {
        delimiter: ",".to_owned(),
        quote: Some('"'),
        escape: None,
    }
}

/// The most likely dialect of a text whose lines end with LF. `is_cut` says that the sample ends
/// in the middle of the file, so that its last row may be half a row.
pub(crate) fn guess(text: &str, is_cut: bool) -> Guess {
    let mut best: Option<(f64, Dialect, Vec<Row>)> = None;
    for dialect in candidates(text) {
        let mut rows = split(text, &dialect);
        if is_cut && rows.len() > 1 {
            rows.pop();
        }
        let score = score(&rows);
        // The first of equals is the most usual.
        if best.as_ref().is_none_or(|it| score > it.0) {
            best = Some((score, dialect, rows));
        }
    }
    let (mut dialect, rows) = best.map_or_else(
        || (plain(), Vec::new()),
        |(_, dialect, rows)| (dialect, rows),
    );
    let cells = || rows.iter().flat_map(|it| &it.cells);
    let has_quotes = cells().any(|it| it.is_quoted);
    let quote = dialect.quote.unwrap_or('"');
    // Quotes inside fields, and never around one, are text.
    if !has_quotes && cells().any(|it| it.text.contains(quote)) {
        dialect.quote = None;
    }
    Guess {
        dialect,
        rows,
        has_quotes,
    }
}

/// The dialects whose signs occur, the most usual first.
fn candidates(text: &str) -> Vec<Dialect> {
    let mut found = Vec::new();
    let delimiters = DELIMITERS
        .iter()
        .filter(|it| text.contains(**it) && !is_part_of_longer(text, it))
        .chain(std::iter::once(&","));
    for delimiter in delimiters {
        for quote in [Some('"'), Some('\''), None] {
            // A quote that does not occur changes nothing; the usual one is then as good as any.
            if quote.is_some_and(|it| it != '"' && !text.contains(it)) {
                continue;
            }
            if quote.is_none() && !text.contains('"') {
                continue;
            }
            let is_meant = |escape: char| {
                let before_quote = |it| it != escape && text.contains(&format!("{escape}{it}"));
                !delimiter.contains(escape) && quote.is_some_and(before_quote)
            };
            let escapes = ESCAPES.iter().filter(|it| is_meant(**it));
            let escapes = escapes.map(|it| Some(*it));
            found.extend(std::iter::once(None).chain(escapes).map(|escape| Dialect {
                delimiter: (*delimiter).to_owned(),
                quote,
                escape,
            }));
        }
    }
    found
}

/// Whether a separator comes inside a longer one and nowhere else: in `1||2`, `|` is none.
fn is_part_of_longer(text: &str, delimiter: &str) -> bool {
    let count = text.matches(delimiter).count();
    DELIMITERS.iter().any(|longer| {
        let times = longer.matches(delimiter).count();
        longer.len() > delimiter.len() && times > 0 && text.matches(longer).count() * times == count
    })
}

/// Pattern score times type score. A few broken rows are accidents and count as strange fields;
/// many of them are a strange dialect.
fn score(rows: &[Row]) -> f64 {
    if rows.is_empty() {
        return 0.0;
    }
    let broken = rows.iter().filter(|it| it.is_broken).count();
    let is_accident = broken * ACCIDENTS_PER_ROWS <= rows.len().max(ACCIDENTS_PER_ROWS);
    let sound_share = if is_accident {
        1.0
    } else {
        1.0 - count(broken) / count(rows.len())
    };
    pattern_score(rows) * type_score(rows, broken) * sound_share
}

/// Many rows of few widths, the wider the better.
fn pattern_score(rows: &[Row]) -> f64 {
    let mut by_width: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *by_width.entry(row.cells.len()).or_default() += 1;
    }
    let weight = |width: usize| count(width - 1).max(SINGLE_FIELD_WEIGHT) / count(width);
    let sum: f64 = by_width
        .iter()
        .map(|(width, rows)| count(*rows) * weight(*width))
        .sum();
    sum / count(by_width.len())
}

/// Share of fields that look like a value; one field of each broken row does not.
fn type_score(rows: &[Row], broken: usize) -> f64 {
    let cells = || rows.iter().flat_map(|it| &it.cells);
    let known = cells().filter(|it| is_value(it)).count();
    let known = known.saturating_sub(broken);
    (LEAST_TYPE_SCORE + count(known)) / count(cells().count().max(1))
}

/// Whether a field looks like something that a person or a program would write into one.
fn is_value(cell: &Cell) -> bool {
    let text = cell.text.as_str();
    if cell.is_quoted || text.is_empty() {
        return true;
    }
    // A separator of two characters was taken for one of them.
    if text.trim() != text {
        return false;
    }
    let is_plain = |it: char| it.is_alphanumeric() || " -_.'/&()+@:#?!%*=$€£¥°’".contains(it);
    text.chars().all(is_plain) || Number::read(text).is_some() || is_nested(text)
}

/// A JSON document without quotes round it holds separators of its own.
fn is_nested(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// A count as a number to reckon with; a sample has far fewer rows than a float can count.
fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str) -> (String, Option<char>, Option<char>) {
        let Dialect {
            delimiter,
            quote,
            escape,
        } = guess(text, false).dialect;
        (delimiter, quote, escape)
    }

    #[test]
    fn delimiters_are_told_apart() {
        for delimiter in [",", ";", "\t", "|", ", ", "||", "^", "~"] {
            let rows = [
                ["id", "name", "price", "at"],
                ["1", "Tea, green", "4.50", "2025-01-01 10:00:00"],
                ["2", "Cup", "12.00", "2025-01-02 11:30:00"],
                ["3", "", "1.25", "2025-01-03 12:45:00"],
            ];
            let text: String = rows
                .map(|row| row.map(quoted).join(delimiter) + "\n")
                .concat();
            assert_eq!(guessed(&text).0, delimiter, "{text}");
        }
    }

    fn quoted(text: &str) -> String {
        if text.contains(' ') {
            format!("\"{text}\"")
        } else {
            text.to_owned()
        }
    }

    #[test]
    fn a_decimal_comma_does_not_hide_the_semicolon() {
        let text = "a;b;c\n1,5;2,5;3,5\n4,25;5,5;6,0\n7,0;8,0;9,0\n";
        assert_eq!(guessed(text).0, ";");
    }

    #[test]
    fn apostrophes_are_no_quotes_and_quotes_may_be_apostrophes() {
        let text = "a,b\nMen's,Women's\nDad's,x\n";
        assert_eq!(guessed(text).1, Some('"'));
        let text = "a,b\n'x, y',1\n'it''s, so',2\n'z, z',3\n";
        assert_eq!(guessed(text), (",".to_owned(), Some('\''), None));
    }

    #[test]
    fn escapes_are_told_from_doubled_quotes() {
        let text = "a,b\n\"5\\\" pipe, long\",1\n\"x, y\",2\n";
        assert_eq!(guessed(text).2, Some('\\'));
        let text = "a,b\n\"5\"\" pipe, long\",1\n\"C:\\\\dir, x\",2\n";
        assert_eq!(guessed(text).2, None);
    }

    #[test]
    fn inches_without_quotes_round_them_mean_that_there_are_no_quotes() {
        let text = "size|name\n5\"|a \"b\" c\n6\"|d\n7\"|e\n8\"|\"f\" g\n";
        assert_eq!(guessed(text), ("|".to_owned(), None, None));
    }

    #[test]
    fn a_broken_row_does_not_change_the_dialect() {
        let text = "a,b\n1,Tea\n2,\"Cup\"s\n3,Pot\n";
        assert_eq!(guessed(text).1, Some('"'));
    }

    #[test]
    fn quotes_that_only_stand_inside_fields_are_text() {
        let text = "id|name\n1|Bob \"B\" X\n2|a 5\" pipe\n";
        assert_eq!(guessed(text), ("|".to_owned(), None, None));
    }

    #[test]
    fn what_separates_fields_escapes_nothing() {
        let text = "a^b\n1^\"x\"\n2^\"y\"\n";
        assert_eq!(guessed(text), ("^".to_owned(), Some('"'), None));
    }

    #[test]
    fn a_single_column_and_nothing_at_all_are_plain() {
        assert_eq!(guess("", false).dialect, plain());
        assert_eq!(guess("name\nTea\nCup\n", false).dialect, plain());
    }
}
