//! Random rows, written in a dialect, and compared with what was loaded.

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use tests::trial::Row;

use super::dialect::{Dialect, column_name};

/// What texts are made of beside the signs of their dialect.
const PIECES: [&str; 42] = [
    "a", "Z", "0", "word", "NULL", "\\N", "\\.", "-", "#", "%%", "\"", "'", "\"\"", "''", "\\",
    "\\\\", "^", ",", ";", "\t", "|", ":", " ", "  ", "\n", "\r", "\r\n", "\u{1}", "\u{8}",
    "\u{b}", "\u{1a}", "\u{1b}", "\u{7f}", "\u{85}", "\u{a0}", "é", "€", "™", "ÿþ", "中", "🦀",
    "\u{feff}",
];
const RARE_PIECES: [&str; 8] = [
    "e\u{301}",
    "\u{2028}",
    "\u{200d}",
    "\u{fffd}",
    "\u{10ffff}",
    "ï»¿",
    "\u{1f}",
    "{\"c0\": null}",
];
const PIECES_MAX: usize = 8;
const ROWS_MAX: usize = 40;
/// Rows of a table that is larger than any buffer on its way.
const MANY_ROWS: usize = 12_000;
/// Repetitions that make a long value.
const LONG_VALUE_TIMES: usize = 30_000;

type Cell = Option<String>;

/// A file and what must come back from it.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// Rows that the dialect can write.
pub(super) fn random_rows(random: &mut ChaCha8Rng, dialect: &Dialect) -> Vec<Vec<Cell>> {
    let count = if random.random_ratio(1, 40) {
        MANY_ROWS
    } else {
        random.random_range(0..ROWS_MAX)
    };
    // A file without a header line needs a record.
    let has_header = dialect.header_lines > 0 && !dialect.is_json;
    let count = count.max(usize::from(!has_header));
    (0..count)
        .map(|_| {
            (0..dialect.width)
                .map(|_| random_cell(random, dialect))
                .collect()
        })
        .collect()
}

fn random_cell(random: &mut ChaCha8Rng, dialect: &Dialect) -> Cell {
    let has_nulls = !dialect.nulls.is_empty() || dialect.is_json;
    if has_nulls && random.random_ratio(1, 6) {
        return None;
    }
    let mut text = String::new();
    for _ in 0..random.random_range(0..PIECES_MAX) {
        let piece = match random.random_range(0..12) {
            0 => dialect.delimiter,
            1 => RARE_PIECES.choose(random).expect("a piece"),
            _ => PIECES.choose(random).expect("a piece"),
        };
        if dialect.can_hold(piece) {
            text.push_str(piece);
        }
    }
    if random.random_ratio(1, 2_000) {
        text = text.repeat(LONG_VALUE_TIMES / (text.len() + 1));
    }
    // Two pieces can be a delimiter together, or a word for nothing.
    Some(if dialect.can_hold(&text) {
        text
    } else {
        "x".to_owned()
    })
}

impl Written {
    /// Compares with the rows that landed.
    pub(super) fn compare(&self, rows: &[Row]) -> Result<(), String> {
        for (expected, found) in self.rows.iter().zip(rows) {
            if expected != found {
                let mut shown = format!("{expected:?} was written, {found:?} was loaded");
                shown.truncate(shown.floor_char_boundary(2_000));
                return Err(shown);
            }
        }
        if self.rows.len() == rows.len() {
            return Ok(());
        }
        Err(format!(
            "{} rows were written, {} loaded",
            self.rows.len(),
            rows.len()
        ))
    }
}

impl Dialect {
    /// The file, and where in it each row is.
    pub(super) fn write(&self, random: &mut ChaCha8Rng, cells: Vec<Vec<Cell>>) -> Written {
        let mut text = String::new();
        self.write_head(random, &mut text);
        let mut rows = Vec::new();
        for (index, cells) in cells.into_iter().enumerate() {
            self.write_between(random, &mut text);
            let lines = text.matches(self.line_end()).count();
            if self.is_json {
                write_object(random, &cells, &mut text);
            } else {
                self.write_record(random, &cells, index == 0, &mut text);
            }
            text.push_str(self.line_break);
            rows.push(Row {
                line: i64::try_from(lines + 1).expect("few lines"),
                number: i64::try_from(index + 1).expect("few rows"),
                cells,
            });
        }
        for line in 0..self.footer_lines {
            text.push_str(&format!("{line} \" rows{}", self.line_break));
        }
        if self.is_open {
            text.truncate(text.len() - self.line_break.len());
        }
        let bytes = self.bytes(&text);
        Written { bytes, rows }
    }

    fn write_head(&self, random: &mut ChaCha8Rng, text: &mut String) {
        if self.is_json {
            return;
        }
        for _ in 0..self.preamble_lines {
            text.push_str(["Report \"of", "", "a,b;c"].choose(random).expect("a line"));
            text.push_str(self.line_break);
        }
        for line in 0..self.header_lines {
            self.write_between(random, text);
            let name = |it| {
                if line == 0 {
                    column_name(it)
                } else {
                    String::new()
                }
            };
            let names: Vec<String> = (0..self.width).map(name).collect();
            text.push_str(&names.join(self.delimiter));
            text.push_str(self.line_break);
        }
    }

    /// Lines that are no records: blank ones and comments.
    fn write_between(&self, random: &mut ChaCha8Rng, text: &mut String) {
        if random.random_ratio(1, 10) {
            text.push_str(self.line_break);
        }
        if let Some(comment) = self.comment
            && random.random_ratio(1, 6)
        {
            text.push_str(&format!("{comment} a \"comment', {}", self.line_break));
        }
    }

    fn write_record(
        &self,
        random: &mut ChaCha8Rng,
        cells: &[Cell],
        is_first: bool,
        text: &mut String,
    ) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                text.push_str(self.delimiter);
            }
            // What a file or a line begins with must not look like something else.
            let begins = index == 0 && (is_first || self.comment.is_some());
            match cell {
                Some(value) if self.needs_quotes(value, begins) => {
                    self.write_quoted(random, value, text)
                }
                Some(value) if self.quote.is_some() && random.random_ratio(1, 5) => {
                    self.write_quoted(random, value, text);
                }
                Some(value) => self.write_bare(value, text),
                None => self.write_null(random, text),
            }
        }
    }

    fn needs_quotes(&self, value: &str, begins: bool) -> bool {
        let Some(quote) = self.quote else {
            return false;
        };
        let signs = self.delimiter.chars().chain([quote, '\n', '\r']);
        let has_sign = signs.into_iter().any(|it| value.contains(it));
        let looks_null = self.nulls.contains(&value);
        let is_blank = self.width == 1 && value.is_empty();
        self.quotes_all || has_sign || looks_null || is_blank || begins
    }

    fn write_null(&self, random: &mut ChaCha8Rng, text: &mut String) {
        let word = self.nulls.choose(random).expect("a word for nothing");
        let is_quoted = self.quoted_nulls && (self.quotes_all || random.random_ratio(1, 3));
        match self.quote.filter(|_| is_quoted) {
            Some(_) => self.write_quoted(random, word, text),
            None => self.write_bare(word, text),
        }
    }

    fn write_bare(&self, value: &str, text: &mut String) {
        let Some(escape) = self.escape.filter(|_| self.quote.is_none()) else {
            text.push_str(value);
            return;
        };
        for sign in value.chars() {
            if sign == escape || sign == '\n' || sign == '\r' || self.delimiter.contains(sign) {
                text.push(escape);
            }
            text.push(sign);
        }
    }

    fn write_quoted(&self, random: &mut ChaCha8Rng, value: &str, text: &mut String) {
        let quote = self.quote.expect("a quote");
        let escape = self.escape.unwrap_or(quote);
        let escapes_all = random.random_ratio(1, 2);
        text.push(quote);
        let mut signs = value.chars().peekable();
        while let Some(sign) = signs.next() {
            // Alone, the escape character stands for itself before most others.
            let is_ambiguous = signs.peek().is_none_or(|it| *it == quote || *it == escape);
            if sign == quote || (sign == escape && (escapes_all || is_ambiguous)) {
                text.push(escape);
            }
            text.push(sign);
        }
        text.push(quote);
    }
}

/// One line of JSON: keys in any order, null or left out, characters escaped or not.
fn write_object(random: &mut ChaCha8Rng, cells: &[Cell], text: &mut String) {
    let mut entries = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let key = column_name(index);
        match cell {
            Some(value) => {
                let value = json_text(value, random.random_ratio(1, 4));
                entries.push(format!("\"{key}\":{value}"));
            }
            None if random.random_ratio(1, 2) => entries.push(format!(" \"{key}\" : null ")),
            None => {}
        }
    }
    entries.shuffle(random);
    text.push_str(&format!("{{{}}}", entries.join(",")));
}

fn json_text(value: &str, escapes_all: bool) -> String {
    if !escapes_all {
        return serde_json::to_string(value).expect("a text as JSON");
    }
    let units = value.encode_utf16().map(|it| format!("\\u{it:04x}"));
    format!("\"{}\"", units.collect::<String>())
}
