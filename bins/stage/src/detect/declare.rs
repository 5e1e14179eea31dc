//! Findings as keys of `source.toml`, only those that differ from the defaults.
//!
//! Invariant: what is written for people and what the file is verified with come from the same
//! keys.

use anyhow::Context as _;
use toml::Value;

use crate::source::{Encoding, RepeatedHeader, Swallowed, Table};

use super::layout::Layout;
use super::split::Dialect;
use super::survey::Survey;

/// One key of a table, and what was seen that led to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// A comment for the line above, where there is something to say.
    pub note: Option<String>,
}

/// How the lines of a file end, where they do not all end alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// As the first one.
    First,
    /// LF or CRLF.
    Any,
    /// A carriage return alone.
    Cr,
}

/// What of a file is no row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// Where records begin, and the names above them.
    pub layout: &'a Layout,
    /// Lines at the end that are no records.
    pub footer_lines: usize,
    /// How lines end.
    pub breaks: Breaks,
}

pub(crate) fn key(name: &'static str, value: impl Into<Value>) -> Key {
    Key {
        name,
        value: value.into(),
        note: None,
    }
}

impl Key {
    /// Adds what was seen.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// The word for an encoding in `source.toml`.
pub(crate) fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf16 => "utf-16",
        Encoding::Utf16Le => "utf-16le",
        Encoding::Utf16Be => "utf-16be",
        Encoding::Windows1252 => "windows-1252",
        Encoding::Latin1 => "latin-1",
    }
}

/// Keys of a file of separated values.
pub(crate) fn csv_keys(survey: &Survey, dialect: &Dialect, shape: Shape<'_>) -> Vec<Key> {
    let mut keys = text_keys(survey);
    if dialect.delimiter != "," {
        keys.push(key("delimiter", dialect.delimiter.clone()));
    }
    match dialect.quote {
        Some('"') => {}
        Some(quote) => keys.push(key("quote", quote.to_string())),
        None => keys.push(key("quote", "").noted("quotes stand inside fields as they are")),
    }
    if let Some(escape) = dialect.escape {
        keys.push(key("escape", escape.to_string()));
    }
    match shape.breaks {
        Breaks::First => {}
        Breaks::Any => keys.push(key("line_break", "any").noted("both LF and CRLF end records")),
        Breaks::Cr => keys.push(key("line_break", "cr")),
    }
    let layout = shape.layout;
    if layout.preamble_lines > 0 {
        let lines = i64::try_from(layout.preamble_lines).unwrap_or(i64::MAX);
        keys.push(key("preamble_lines", lines));
    }
    if layout.header_lines != 1 {
        let lines = i64::try_from(layout.header_lines).unwrap_or(i64::MAX);
        let mut header = key("header_lines", lines);
        if layout.header_lines == 0 && layout.names.is_empty() {
            header = header.noted("no header: the names of the columns are made up");
        }
        keys.push(header);
    }
    if shape.footer_lines > 0 {
        let lines = i64::try_from(shape.footer_lines).unwrap_or(i64::MAX);
        keys.push(key("footer_lines", lines).noted("the last lines look like sums; check"));
    }
    if let Some(comment) = &layout.comment {
        keys.push(key("comment", comment.clone()));
    }
    keys
}

/// Keys of a file with one JSON object a line.
pub(crate) fn ndjson_keys(survey: &Survey) -> Vec<Key> {
    let mut keys = vec![key("format", "ndjson")];
    keys.extend(text_keys(survey));
    keys
}

fn text_keys(survey: &Survey) -> Vec<Key> {
    let mut keys = Vec::new();
    if survey.encoding != Encoding::Utf8 {
        keys.push(key("encoding", encoding_name(survey.encoding)));
    }
    if survey.last_line_is_open {
        keys.push(open_end());
    }
    keys
}

/// The key of files that end without a line break.
pub(crate) fn open_end() -> Key {
    let seen = "the file ends without a line break: always, or is it cut off?";
    key("last_line_is_open", true).noted(seen)
}

/// A table whose columns are all texts, as many as there are fields.
///
/// # Errors
/// Never for keys of this module.
pub(crate) fn table_of_texts(keys: &[Key], width: usize) -> anyhow::Result<Table> {
    let mut table = toml::Table::new();
    table.insert("files".to_owned(), Value::Array(Vec::new()));
    for key in keys {
        table.insert(key.name.to_owned(), key.value.clone());
    }
    let columns = (0..width)
        .map(|index| (made_up_name(index), Value::from("text")))
        .collect();
    table.insert("columns".to_owned(), Value::Table(columns));
    table.try_into().context("a table of texts")
}

/// What the loader would refuse is to be seen and told, as far as it can be read.
pub(crate) fn let_all_through(table: &mut Table) {
    table.repeated_header = RepeatedHeader::Load;
    table.swallowed_lines = Swallowed::Quarantine;
}

/// The name of a column that has none.
pub(crate) fn made_up_name(index: usize) -> String {
    format!("column_{}", index + 1)
}
