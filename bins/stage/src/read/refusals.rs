//! Why a file is refused: each reason with its place, and what to do about it.

use common::Failure;

/// A record beyond the limit.
pub(super) fn too_long(line: u64, limit: usize) -> anyhow::Error {
    Failure::usage(format!(
        "the record that begins on line {line} is longer than {limit} bytes; a quote may not be \
         closed, or its lines may end with a carriage return alone (line_break = \"cr\"); mend the \
         file, or raise record_bytes_max in [stage]"
    ))
    .into()
}

/// Lines of a footer that are too long to be held.
pub(super) fn long_footer(lines: usize, limit: usize) -> anyhow::Error {
    Failure::usage(format!(
        "its last {lines} lines (footer_lines) have more than {limit} bytes each; lower \
         footer_lines, or raise record_bytes_max in [stage]"
    ))
    .into()
}

/// A quote that the end of the file leaves open.
pub(super) fn unclosed(line: u64, field: usize) -> anyhow::Error {
    Failure::usage(format!(
        "the quote that opens on line {line}, column {}, is not closed before the file ends; mend \
         the file; where fields never hold line breaks, set quoted_line_breaks = false",
        field + 1
    ))
    .into()
}

/// Lines between two records with broken quotes.
pub(super) fn in_doubt(line: u64, last_line: u64) -> anyhow::Error {
    Failure::usage(format!(
        "broken quotes on line {line} and line {last_line}: the lines between may stand inside a \
         quoted field, and would be no records; mend the file; where fields never hold line \
         breaks, set quoted_line_breaks = false; or set swallowed_lines = \"quarantine\" to \
         reject only records that are broken themselves"
    ))
    .into()
}

/// A quote that made several lines one record by mistake.
pub(super) fn swallowed(line: u64, field: usize, last_line: u64) -> anyhow::Error {
    Failure::usage(format!(
        "a quote that opens on line {line}, column {}, swallows lines {line} to {last_line}, and \
         the record does not fit; mend the file; where fields never hold line breaks, set \
         quoted_line_breaks = false; or set swallowed_lines = \"quarantine\" to reject these lines \
         as one record",
        field + 1
    ))
    .into()
}
