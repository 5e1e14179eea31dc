//! A guess tried on the whole file, with the reader that loads it.

use std::path::Path;

use crate::source::Table;

use super::split::{Dialect, split};

/// One record as the loader sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Rule that it breaks.
    pub fault: Option<&'static str>,
    /// Its fields.
    pub fields: Vec<String>,
    /// The text of the record, where it is JSON.
    pub raw: Vec<u8>,
}

/// Hands on every record, until `take` says that it has seen enough.
///
/// # Errors
/// Where the loader would refuse the file, with the line.
pub(crate) fn verify(
    path: &Path,
    table: &Table,
    mut take: impl FnMut(&mut Record) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let bytes = std::fs::read(path)?;
    let mut text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if table.line_break == crate::source::LineBreak::Cr {
        text = text.replace('\r', "\n");
    }
    let dialect = Dialect {
        delimiter: table.delimiter.clone(),
        quote: table.quote.chars().next(),
        escape: table.escape,
    };
    let text = text.trim_start_matches('\u{feff}');
    let skipped = usize::try_from(table.header_lines).unwrap_or(0);
    let comment = table.comment.clone();
    let rows = split(text, &dialect);
    let rows = rows
        .into_iter()
        .filter(|it| it.line > table.preamble_lines)
        .filter(|it| {
            comment
                .as_ref()
                .is_none_or(|comment| !it.cells[0].text.starts_with(comment.as_str()))
        })
        .skip(skipped);
    for row in rows {
        let raw = text
            .lines()
            .nth(usize::try_from(row.line - 1).unwrap_or(0))
            .unwrap_or_default();
        let mut record = Record {
            line: row.line,
            fault: row.is_broken.then_some("csv.text_after_quote"),
            fields: row.cells.into_iter().map(|it| it.text).collect(),
            raw: if table.format == crate::source::Format::Ndjson {
                raw.as_bytes().to_vec()
            } else {
                Vec::new()
            },
        };
        if !take(&mut record)? {
            break;
        }
    }
    Ok(())
}
