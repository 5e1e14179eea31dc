//! A table's declaration as the bytes that the reader looks for.
//!
//! Invariant: a dialect that was compiled can tell every field from the next; what could not is
//! refused here, and names its key.

use anyhow::Context as _;
use common::Failure;

use crate::source::{Format, LineBreak, Table};

/// Longest field separator.
const DELIMITER_BYTES_MAX: usize = 8;
/// Most lines of column names.
const HEADER_LINES_MAX: u64 = 100;
/// Most lines at the end that are no records; they are held in memory.
const FOOTER_LINES_MAX: usize = 100;

/// What stands between fields and lines.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// Between two fields; at least one byte.
    pub delimiter: Vec<u8>,
    /// Around fields.
    pub quote: Option<u8>,
    /// Makes the next byte a part of the field; absent: a quote is doubled.
    pub escape: Option<u8>,
    /// How lines end.
    pub line_break: LineBreak,
    /// Whether a quoted field may hold line breaks.
    pub quoted_line_breaks: bool,
    /// Lines that begin so are no records.
    pub comment: Option<Vec<u8>>,
}

impl Dialect {
    /// Checks the declaration.
    ///
    /// # Errors
    /// Exit code 2: a key whose value cannot work; the message names the key.
    pub(super) fn compile(table: &Table) -> anyhow::Result<Self> {
        let quote = match table.quote.as_str() {
            "" => None,
            text => Some(one_character("quote", text)?),
        };
        let escape = match table.escape {
            None => None,
            Some(sign) => Some(one_character("escape", sign.encode_utf8(&mut [0; 4]))?),
        };
        let dialect = Self {
            delimiter: table.delimiter.as_bytes().to_vec(),
            quote,
            // A quote that escapes itself is a doubled one.
            escape: escape.filter(|it| Some(*it) != quote),
            line_break: match (table.format, table.line_break) {
                (Format::Ndjson, LineBreak::First) => LineBreak::Any,
                (_, line_break) => line_break,
            },
            quoted_line_breaks: table.quoted_line_breaks,
            comment: table.comment.as_ref().map(|it| it.as_bytes().to_vec()),
        };
        dialect.check_delimiter()?;
        dialect.check_comment()?;
        check_lines(table)?;
        Ok(dialect)
    }

    /// The byte that ends a physical line.
    pub(super) fn line_byte(&self) -> u8 {
        match self.line_break {
            LineBreak::First | LineBreak::Any => b'\n',
            LineBreak::Cr => b'\r',
        }
    }

    /// The byte that must not stand in an unquoted field.
    pub(super) fn stray_byte(&self) -> u8 {
        match self.line_break {
            LineBreak::First | LineBreak::Any => b'\r',
            LineBreak::Cr => b'\n',
        }
    }

    fn check_delimiter(&self) -> anyhow::Result<()> {
        let bytes = &self.delimiter;
        if bytes.is_empty() || bytes.len() > DELIMITER_BYTES_MAX {
            return refuse(format!(
                "`delimiter` must be one to {DELIMITER_BYTES_MAX} bytes"
            ));
        }
        if bytes.contains(&b'\n') || bytes.contains(&b'\r') {
            return refuse("`delimiter` must hold no line break".to_owned());
        }
        for (key, sign) in [("quote", self.quote), ("escape", self.escape)] {
            if sign.is_some_and(|it| bytes.contains(&it)) {
                return refuse(format!(
                    "`delimiter` holds the `{key}` character; change one"
                ));
            }
        }
        Ok(())
    }

    fn check_comment(&self) -> anyhow::Result<()> {
        let Some(comment) = &self.comment else {
            return Ok(());
        };
        if comment.is_empty() {
            return refuse(
                "`comment` is empty, so every line would be one; leave the key out".to_owned(),
            );
        }
        if comment.contains(&b'\n') || comment.contains(&b'\r') {
            return refuse("`comment` must hold no line break".to_owned());
        }
        let begins_field =
            comment.first() == self.quote.as_ref() || comment.starts_with(&self.delimiter);
        if begins_field {
            return refuse(
                "`comment` begins with the quote or the delimiter, as records do; change one"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// Checks a table's dialect without a file.
///
/// # Errors
/// Exit code 2: a key whose value cannot work; the message names the table and the key.
pub fn check(table_name: &str, table: &Table) -> anyhow::Result<()> {
    Dialect::compile(table)
        .map(|_| ())
        .with_context(|| format!("table `{table_name}`"))
}

fn check_lines(table: &Table) -> anyhow::Result<()> {
    if table.header_lines > HEADER_LINES_MAX {
        return refuse(format!("`header_lines` must be 0 to {HEADER_LINES_MAX}"));
    }
    if table.footer_lines > FOOTER_LINES_MAX {
        return refuse(format!("`footer_lines` must be 0 to {FOOTER_LINES_MAX}"));
    }
    let names_itself = table.format == Format::Csv && table.header_lines > 0;
    if !table.header.is_empty() && (names_itself || table.format == Format::Ndjson) {
        return refuse(
            "`header` is for files without a header line; set header_lines = 0, or leave it out"
                .to_owned(),
        );
    }
    Ok(())
}

fn one_character(key: &str, text: &str) -> anyhow::Result<u8> {
    match *text.as_bytes() {
        [byte] if byte.is_ascii() && byte != b'\n' && byte != b'\r' => Ok(byte),
        _ => Err(Failure::usage(format!(
            "`{key}` is `{}`, but must be one ASCII character that is no line break",
            text.escape_debug()
        ))
        .into()),
    }
}

fn refuse<T>(reason: String) -> anyhow::Result<T> {
    Err(Failure::usage(reason).into())
}
