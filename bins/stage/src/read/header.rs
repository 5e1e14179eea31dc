//! The names of a file's fields, and records that look like them.

use common::Failure;

use super::record::Record;
use crate::columns::declared_names;
use crate::source::{Format, RepeatedHeader, Table};

/// The header of a file.
#[derive(Debug)]
pub(super) struct Header {
    /// Declared names; the header lines' own once they are read.
    names: Vec<String>,
    /// Fields of each header line, as they are compared.
    lines: Vec<Vec<String>>,
    /// Line on which it stands.
    line: u64,
    lines_wanted: u64,
    lines_read: u64,
    repeated: RepeatedHeader,
    /// Lines of a repeated header that were just passed over.
    lines_skipped: usize,
    is_read: bool,
}

/// What a record turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Record,
    /// The header once more, which is passed over.
    Header,
}

impl Header {
    pub(super) fn new(table: &Table) -> Self {
        let lines_wanted = match table.format {
            Format::Csv => table.header_lines,
            Format::Ndjson => 0,
        };
        let names = match lines_wanted {
            0 => declared_names(table),
            _ => Vec::new(),
        };
        Self {
            names,
            lines: Vec::new(),
            line: 0,
            lines_wanted,
            lines_read: 0,
            repeated: table.repeated_header,
            lines_skipped: 0,
            is_read: false,
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// Whether the file has one, or needs none.
    pub(super) fn is_there(&self) -> bool {
        self.lines_wanted == self.lines_read
    }

    pub(super) fn lines_left(&self) -> u64 {
        self.lines_wanted - self.lines_read
    }

    /// Whether a record of so many fields is not one of this file.
    pub(super) fn is_ragged(&self, fields: usize) -> bool {
        self.is_read && fields != self.names.len()
    }

    /// Takes a header line; a further one adds to the names.
    ///
    /// # Errors
    /// Exit code 2: the line is broken.
    pub(super) fn add(&mut self, record: &Record) -> anyhow::Result<()> {
        if let Some(found) = record.fault {
            return Err(Failure::usage(format!(
                "its header breaks the rule {} on line {}, column {}; mend it, or say in \
                 source.toml how the file is written",
                found.fault.rule(),
                found.line,
                found.field + 1
            ))
            .into());
        }
        if self.lines_read == 0 {
            self.line = record.line;
        }
        let texts = (0..record.len()).map(|it| record.text(it).unwrap_or_default());
        self.lines.push(texts.clone().map(compared).collect());
        for (index, text) in texts.enumerate() {
            match self.names.get_mut(index) {
                None => self.names.push(text.to_owned()),
                Some(name) => {
                    if !name.is_empty() && !text.is_empty() {
                        name.push(' ');
                    }
                    name.push_str(text);
                }
            }
        }
        self.lines_read += 1;
        Ok(())
    }

    /// No further header line comes.
    ///
    /// # Errors
    /// Exit code 2: there are some, but too few.
    pub(super) fn close(&mut self) -> anyhow::Result<()> {
        self.is_read = true;
        if self.lines_wanted == 0 {
            self.lines
                .push(self.names.iter().map(|it| compared(it)).collect());
        }
        if self.lines_read > 0 && !self.is_there() {
            return Err(Failure::usage(format!(
                "it ends after {} of its {} header lines; deliver the whole file, or correct \
                 header_lines",
                self.lines_read, self.lines_wanted
            ))
            .into());
        }
        Ok(())
    }

    /// Looks whether a record is the header once more, or that of another table.
    ///
    /// # Errors
    /// Exit code 2: the file may hold several tables.
    pub(super) fn judge(&mut self, record: &Record) -> anyhow::Result<Verdict> {
        let place = std::mem::take(&mut self.lines_skipped);
        if record.fault.is_some() {
            return Ok(Verdict::Record);
        }
        if self.repeated == RepeatedHeader::Load {
            return Ok(Verdict::Record);
        }
        // Each line of a header is passed over at its own place only: what follows its first line
        // may be a record.
        if place > 0 && self.is_repeated_in(record, place) {
            self.lines_skipped = place + 1;
            return Ok(Verdict::Header);
        }
        if self.is_repeated_in(record, 0) {
            if self.repeated == RepeatedHeader::Skip {
                self.lines_skipped = 1;
                return Ok(Verdict::Header);
            }
            return Err(self.refuse_repeated(record.line));
        }
        if self.is_ragged(record.len()) && self.resembles(record) {
            return Err(Failure::usage(format!(
                "line {} holds most of the header's names at their own places, but {} fields where \
                 {} are expected: the file may hold several tables; deliver them as files of their \
                 own, or set repeated_header = \"load\" if the line is a record",
                record.line,
                record.len(),
                self.names.len()
            ))
            .into());
        }
        Ok(Verdict::Record)
    }

    #[inline]
    fn is_repeated_in(&self, record: &Record, place: usize) -> bool {
        // Nearly every record differs in its first field, or in the second.
        self.lines.get(place).is_some_and(|line| {
            record.len() == line.len() && (0..line.len()).all(|it| is_name(record, it, &line[it]))
        })
    }

    fn resembles(&self, record: &Record) -> bool {
        let Some(first) = self.lines.first() else {
            return false;
        };
        let is_same = |(index, name): &(usize, &String)| {
            !name.is_empty() && *index < record.len() && is_name(record, *index, name)
        };
        let same = first.iter().enumerate().filter(is_same).count();
        same >= 2 && 2 * same > first.len()
    }

    fn refuse_repeated(&self, line: u64) -> anyhow::Error {
        let message = if self.lines_wanted == 0 {
            format!(
                "line {line} holds the names of the columns, though the table has header_lines = \
                 0; set header_lines = 1 if it is the header, or repeated_header = \"skip\" to \
                 pass over it, or \"load\" if it is a record"
            )
        } else {
            format!(
                "line {line} holds the header once more: the file may hold several tables; \
                 deliver them as files of their own, or set repeated_header = \"skip\" to pass \
                 over it, or \"load\" if it is a record"
            )
        };
        Failure::usage(message).into()
    }
}

/// A name as it is compared: where it is written once more, white space around it and the case of
/// its letters are often other ones.
fn compared(name: &str) -> String {
    folded(name).collect()
}

/// Without what people do not see: a byte-order mark, white space around it, capitals.
fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    let name = name.trim_start_matches('\u{feff}').trim();
    name.chars().flat_map(char::to_lowercase)
}

#[inline]
fn is_name(record: &Record, index: usize, name: &str) -> bool {
    record
        .text(index)
        .is_some_and(|text| folded(text).eq(name.chars()))
}
