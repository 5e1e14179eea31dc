//! A table's declaration as the bytes that the reader looks for.
//!
//! Invariant: a dialect that was compiled can tell every field from the next; what could not is
//! refused here, and names its key.

use anyhow::Context as _;
use common::Failure;

use crate::source::{Format, LineBreak, Table};

/// Longest field separator.
const DELIMITER_BYTES_MAX: usize = 8;
/// Most lines before a header.
const PREAMBLE_LINES_MAX: u64 = 1_000_000;
/// Most lines of column names; more are a preamble.
const HEADER_LINES_MAX: u64 = 16;
/// Most lines after the records; they are held back while a file is read.
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
        Self::try_compile(table).map_err(|reason| Failure::usage(reason).into())
    }

    fn try_compile(table: &Table) -> Result<Self, String> {
        let quote = mark(&table.quote).map_err(|()| {
            format!(
                "`quote` is `{}`, but must be one ASCII character that is no line break, or \"\" \
                 for none",
                table.quote.escape_debug()
            )
        })?;
        let escape = match table.escape {
            None => None,
            // Some programs escape with the NUL character; no text keeps it.
            Some('\0') => Some(0),
            Some(sign) => mark(sign.encode_utf8(&mut [0; 4]))
                .map_err(|()| "`escape` must be one ASCII character that is no line break")?,
        };
        check_delimiter(&table.delimiter, quote, escape)?;
        check_escape(quote, escape)?;
        check_comment(table)?;
        check_lines(table)?;
        Ok(Self {
            delimiter: table.delimiter.as_bytes().to_vec(),
            quote,
            escape,
            line_break: match (table.format, table.line_break) {
                (Format::Ndjson, LineBreak::First) => LineBreak::Any,
                (_, line_break) => line_break,
            },
            quoted_line_breaks: table.quoted_line_breaks,
            comment: table.comment.as_ref().map(|it| it.as_bytes().to_vec()),
        })
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

type Checked = Result<(), String>;

/// At most one ASCII character that ends no line.
fn mark(text: &str) -> Result<Option<u8>, ()> {
    match *text.as_bytes() {
        [] => Ok(None),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(Some(byte)),
        _ => Err(()),
    }
}

fn check_delimiter(delimiter: &str, quote: Option<u8>, escape: Option<u8>) -> Checked {
    if delimiter.is_empty() || delimiter.len() > DELIMITER_BYTES_MAX {
        return Err(format!(
            "`delimiter` must be one to {DELIMITER_BYTES_MAX} bytes"
        ));
    }
    if delimiter.contains(['\n', '\r', '\0']) {
        return Err("`delimiter` cannot hold a line break or a NUL character".to_owned());
    }
    for (key, sign) in [("quote", quote), ("escape", escape)] {
        if let Some(sign) = sign.map(char::from).filter(|it| delimiter.contains(*it)) {
            return Err(format!(
                "`delimiter` holds the {key} `{sign}`; give one of them another character, or say \
                 quote = \"\" if there is no quote"
            ));
        }
    }
    Ok(())
}

fn check_escape(quote: Option<u8>, escape: Option<u8>) -> Checked {
    match escape {
        Some(sign) if escape == quote => Err(format!(
            "`escape` is the quote `{}` itself; a quote in a quoted field is doubled anyway, so \
             leave `escape` out",
            char::from(sign)
        )),
        _ => Ok(()),
    }
}

fn check_comment(table: &Table) -> Checked {
    let Some(comment) = &table.comment else {
        return Ok(());
    };
    if comment.is_empty() || comment.contains(['\n', '\r']) {
        return Err(
            "`comment` must be the text that comment lines begin with; every line begins with \
             nothing"
                .to_owned(),
        );
    }
    let begins_field = (!table.quote.is_empty() && comment.starts_with(&table.quote))
        || comment.starts_with(&table.delimiter);
    if begins_field && table.format == Format::Csv {
        return Err(format!(
            "`comment` is `{comment}`, with which records begin too: the quote or the delimiter"
        ));
    }
    Ok(())
}

fn check_lines(table: &Table) -> Checked {
    let limits = [
        ("preamble_lines", table.preamble_lines, PREAMBLE_LINES_MAX),
        ("header_lines", table.header_lines, HEADER_LINES_MAX),
        (
            "footer_lines",
            table.footer_lines as u64,
            FOOTER_LINES_MAX as u64,
        ),
    ];
    for (key, value, limit) in limits {
        if value > limit {
            return Err(format!("`{key}` is {value}, at most {limit} are allowed"));
        }
    }
    let names_itself = table.format == Format::Ndjson || table.header_lines > 0;
    if names_itself && !table.header.is_empty() {
        return Err(
            "`header` gives names to files without any; say header_lines = 0, or leave `header` \
             out"
            .to_owned(),
        );
    }
    Ok(())
}
