//! Records into rows of PostgreSQL's binary COPY format.
//!
//! Invariant: every record ends up in exactly one place, a chunk of rows or a list of rejects.

use bytes::{BufMut as _, BytesMut};
use common::Failure;

use crate::columns::{Input, TargetColumn};
use crate::lineage::Lineage;
use crate::output::{Counts, Output, Place, Reject};
use crate::read::Record;
use crate::source::DriftedTypes;
use crate::values::{self, Reason, Written};

/// Rows are sent when so many bytes of them have gathered.
const CHUNK_BYTES: usize = 256 * 1024;
/// Rejects are sent when so many, or so many bytes of them, have gathered.
const REJECTS_MAX: usize = 1_000;
const REJECTED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Turns the records of one file into rows.
pub(crate) struct Rows<'a> {
    columns: Vec<TargetColumn>,
    /// Names of the file's fields, in their order.
    header: &'a [String],
    lineage: &'a Lineage,
    drifted_types: DriftedTypes,
    output: &'a Output,
    counts: Counts,
    chunk: BytesMut,
    rejects: Vec<Reject>,
    rejected_bytes: usize,
    joined: String,
}

/// Why a record is no row.
struct Refusal {
    rule: String,
    place: Option<Place>,
    is_type: bool,
}

impl<'a> Rows<'a> {
    /// Nothing read yet.
    pub(crate) fn new(
        columns: Vec<TargetColumn>,
        header: &'a [String],
        lineage: &'a Lineage,
        drifted_types: DriftedTypes,
        output: &'a Output,
    ) -> Self {
        Self {
            columns,
            header,
            lineage,
            drifted_types,
            output,
            counts: Counts::default(),
            chunk: BytesMut::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 8),
            rejects: Vec::new(),
            rejected_bytes: 0,
            joined: String::new(),
        }
    }

    /// Takes one record.
    ///
    /// # Errors
    /// When the load was given up, or a type has drifted and the source freezes types (exit code
    /// 2).
    pub(crate) fn add(&mut self, record: &Record) -> anyhow::Result<()> {
        self.counts.read += 1;
        let start = self.chunk.len();
        match self.write_row(record) {
            Ok(moved) => {
                self.counts.loaded += 1;
                self.counts.moved_out_of_gap += moved;
            }
            Err(refusal) => {
                self.chunk.truncate(start);
                self.reject(record, refusal)?;
            }
        }
        if self.chunk.len() >= CHUNK_BYTES {
            self.send_rows()?;
        }
        Ok(())
    }

    /// Sends what has gathered.
    ///
    /// # Errors
    /// When the load was given up.
    pub(crate) fn finish(mut self) -> anyhow::Result<Counts> {
        if !self.chunk.is_empty() {
            self.send_rows()?;
        }
        if !self.rejects.is_empty() {
            self.send_rejects()?;
        }
        Ok(self.counts)
    }

    /// Returns the number of its times that a change of the clock skipped.
    fn write_row(&mut self, record: &Record) -> Result<u64, Refusal> {
        self.check_structure(record)?;
        let field_count = self.columns.len() + self.lineage.len();
        self.chunk
            .put_i16(i16::try_from(field_count).unwrap_or(i16::MAX));
        let mut moved = 0;
        for column in &mut self.columns {
            match write_value(column, record, &mut self.joined, &mut self.chunk) {
                Ok(Written::MovedOutOfGap) => moved += 1,
                Ok(Written::Plain | Written::Null) => {}
                Err(reason) => return Err(refuse_value(column, record, reason)),
            }
        }
        self.lineage
            .write(record, self.counts.loaded, &mut self.chunk)
            .map_err(|reason| Refusal {
                rule: reason.to_owned(),
                place: None,
                is_type: false,
            })?;
        Ok(moved)
    }

    fn check_structure(&self, record: &Record) -> Result<(), Refusal> {
        let (rule, field, line) = if let Some(found) = record.fault {
            (found.fault.rule().to_owned(), found.field, found.line)
        } else if record.len() != self.header.len() {
            let (found, expected) = (record.len(), self.header.len());
            let rule = format!("csv.ragged: {found} fields, {expected} expected");
            (rule, found.min(expected), record.line)
        } else {
            return Ok(());
        };
        Err(Refusal {
            rule,
            place: Some(Place {
                column_number: field + 1,
                column: self.header.get(field).cloned(),
                line,
            }),
            is_type: false,
        })
    }

    fn reject(&mut self, record: &Record, refusal: Refusal) -> anyhow::Result<()> {
        if refusal.is_type && self.drifted_types == DriftedTypes::Freeze {
            let column = refusal
                .place
                .map(|it| format!(", column {}", it.column_number));
            return Err(Failure::usage(format!(
                "line {}{}: {}, and the source freezes types; mend the file, or set types = \
                 \"quarantine\" in [schema_drift]",
                record.line,
                column.unwrap_or_default(),
                refusal.rule
            ))
            .into());
        }
        self.counts.rejected += 1;
        self.rejected_bytes += record.raw().len();
        self.rejects.push(Reject {
            record_number: record.number,
            line: record.line,
            place: refusal.place,
            rule: refusal.rule,
            raw: record.raw().to_vec(),
        });
        if self.rejects.len() >= REJECTS_MAX || self.rejected_bytes >= REJECTED_BYTES_MAX {
            self.send_rejects()?;
        }
        Ok(())
    }

    fn send_rows(&mut self) -> anyhow::Result<()> {
        let rows = self.chunk.split().freeze();
        self.chunk.reserve(CHUNK_BYTES + CHUNK_BYTES / 8);
        self.output.send_rows(rows)
    }

    fn send_rejects(&mut self) -> anyhow::Result<()> {
        self.rejected_bytes = 0;
        self.output.send_rejects(std::mem::take(&mut self.rejects))
    }
}

/// Appends one value; `joined` is room for a text that several fields make.
fn write_value(
    column: &mut TargetColumn,
    record: &Record,
    joined: &mut String,
    chunk: &mut BytesMut,
) -> Result<Written, Reason> {
    match &column.input {
        Input::Fields(fields) if fields.len() == 1 => {
            let index = fields[0];
            if record.is_null(index) {
                values::write_null(chunk);
                return Ok(Written::Null);
            }
            let text = record.text(index).ok_or("not_utf8")?;
            column
                .reader
                .write_field(text, record.is_quoted(index), chunk)
        }
        Input::Fields(fields) => {
            joined.clear();
            for part in fields.iter().filter_map(|it| record.text(*it)) {
                if !joined.is_empty() && !part.is_empty() {
                    joined.push(' ');
                }
                joined.push_str(part);
            }
            column.reader.write_field(joined, false, chunk)
        }
        Input::Constant(text) => column.reader.write(text, chunk),
        Input::Absent => {
            values::write_null(chunk);
            Ok(Written::Null)
        }
    }
}

fn refuse_value(column: &TargetColumn, record: &Record, reason: Reason) -> Refusal {
    let place = match &column.input {
        Input::Fields(fields) => fields.first().map(|field| Place {
            column_number: field + 1,
            column: Some(column.name.clone()),
            line: record.line,
        }),
        Input::Constant(_) | Input::Absent => None,
    };
    Refusal {
        rule: format!("{}.{reason}", column.name),
        place,
        is_type: true,
    }
}
