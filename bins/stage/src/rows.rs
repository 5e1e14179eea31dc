//! Records into rows of PostgreSQL's binary COPY format.
//!
//! Invariant: every record ends up in exactly one place, a chunk of rows or a list of rejects.

use bytes::{BufMut as _, BytesMut};
use common::Failure;

use crate::columns::{Input, TargetColumn};
use crate::lineage::Lineage;
use crate::output::{Counts, FieldCounts, Output, Place, Reject};
use crate::read::Record;
use crate::source::DriftedTypes;
use crate::values::{self, Reason, Written};

/// Rule that a record with too few or too many fields breaks.
pub(crate) const RAGGED: &str = "csv.ragged";
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
    field_counts: Option<FieldCounts>,
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
                field_counts: None,
                is_type: false,
            })?;
        Ok(moved)
    }

    fn check_structure(&self, record: &Record) -> Result<(), Refusal> {
        let counts = FieldCounts {
            found: record.len(),
            expected: self.header.len(),
        };
        let (rule, field, line, field_counts) = if let Some(found) = record.fault {
            (found.fault.rule(), found.field, found.line, None)
        } else if counts.found != counts.expected {
            let field = counts.found.min(counts.expected);
            (RAGGED, field, record.line_of(field), Some(counts))
        } else {
            return Ok(());
        };
        Err(Refusal {
            rule: rule.to_owned(),
            place: Some(Place {
                column_number: field + 1,
                column: self.header.get(field).cloned(),
                line,
            }),
            field_counts,
            is_type: false,
        })
    }

    fn reject(&mut self, record: &Record, refusal: Refusal) -> anyhow::Result<()> {
        if refusal.is_type && self.drifted_types == DriftedTypes::Freeze {
            let place = match refusal.place {
                Some(it) => format!("line {}, column {}", it.line, it.column_number),
                None => format!("line {}", record.line),
            };
            return Err(Failure::usage(format!(
                "{place}: {}, and the source freezes types; mend the file, or set types = \
                 \"quarantine\" in [schema_drift]",
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
            field_counts: refusal.field_counts,
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
            line: record.line_of(*field),
        }),
        Input::Constant(_) | Input::Absent => None,
    };
    Refusal {
        rule: format!("{}.{reason}", column.name),
        place,
        field_counts: None,
        is_type: true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use chrono_tz::Tz;
    use tokio::sync::mpsc;

    use super::*;
    use crate::columns::{self, Header};
    use crate::read::{Limits, RecordReader};
    use crate::source::{NewColumns, Table};

    /// What becomes of a file with the columns `a`, a text, and `b`, an integer.
    fn rejects(text: &'static str, keys: &str, types: DriftedTypes) -> anyhow::Result<Vec<Reject>> {
        let table = format!("files = [\"f\"]\n{keys}\n[columns]\na = \"text\"\nb = \"integer\"\n");
        let table: Table = toml::from_str(&table).expect("a table");
        let mut reader =
            RecordReader::from_reader(text.as_bytes(), "f", &table, &Limits::default())?;
        let names = reader.header()?.expect("a header");
        let header = Header {
            path: Path::new("f"),
            line: 1,
            names: &names,
        };
        let matched = columns::match_header(&header, &table, NewColumns::Freeze, Tz::UTC)?;
        let (chunks, _rows) = mpsc::channel(8);
        let (rejects, mut taken) = mpsc::channel(8);
        let output = Output {
            chunks,
            rejects,
            is_given_up: Arc::new(AtomicBool::new(false)),
        };
        let mut rows = Rows::new(matched.columns, &names, &Lineage::Absent, types, &output);
        let mut record = Record::default();
        while reader.read(&mut record)? {
            rows.add(&record)?;
        }
        rows.finish()?;
        Ok(taken.try_recv().unwrap_or_default())
    }

    /// Rule, line and column of each reject.
    fn places(text: &'static str, keys: &str) -> Vec<(String, u64, usize)> {
        let rejects = rejects(text, keys, DriftedTypes::Quarantine).expect("rejects");
        let places = rejects.into_iter().map(|it| {
            let place = it.place.expect("a place");
            (it.rule, place.line, place.column_number)
        });
        places.collect()
    }

    #[test]
    fn a_ragged_record_tells_its_counts_beside_its_rule() {
        let found = rejects("a,b\n1\n1,2,3\nx,y\n", "", DriftedTypes::Quarantine);
        let found: Vec<_> = found
            .expect("rejects")
            .into_iter()
            .map(|it| (it.rule, it.field_counts))
            .collect();
        let counts = |found| Some(FieldCounts { found, expected: 2 });
        let ragged = |found| (RAGGED.to_owned(), counts(found));
        let value = ("b.not_an_integer".to_owned(), None);
        assert_eq!(found, [ragged(1), ragged(3), value]);
    }

    #[test]
    fn a_place_is_the_line_on_which_its_field_begins() {
        let value = |line| vec![("b.not_an_integer".to_owned(), line, 2)];
        let ragged = |line, column| vec![(RAGGED.to_owned(), line, column)];
        assert_eq!(places("a,b\n\"x\ny\n\",z\n", ""), value(4));
        assert_eq!(places("a,b\r\n\"x\"\"\r\ny\",z\r\n", ""), value(3));
        assert_eq!(places("a,b\n\"x\",\"z\n\"\n", ""), value(2));
        let keys = "line_break = \"cr\"";
        assert_eq!(places("a,b\r\"x\r\n\",z\r", keys), value(3));
        let keys = "quote = \"\"\nescape = \"\\\\\"";
        assert_eq!(places("a,b\nx\\\ny,z\n", keys), value(3));
        let keys = "swallowed_lines = \"quarantine\"";
        let swallowed = ("csv.quote_swallows_lines".to_owned(), 2, 1);
        assert_eq!(places("a,b\n\"x\ny\"\n", keys), [swallowed]);
        assert_eq!(places("a,b\n1\n", ""), ragged(2, 2));
        let keys = "format = \"ndjson\"";
        assert_eq!(places("{\"a\":\"\\n\",\"b\":\"x\"}\n", keys), value(1));
    }

    #[test]
    fn a_drifted_type_names_the_line_of_its_value() {
        let error = rejects("a,b\n\"x\ny\",z\n", "", DriftedTypes::Freeze).expect_err("a refusal");
        let message = error.to_string();
        assert!(message.starts_with("line 3, column 2: b.not"), "{message}");
    }
}
