//! One file into rows of PostgreSQL's binary COPY format, on a thread of its own.
//!
//! Invariant: every record of the file ends up in exactly one place, a chunk of rows or a list of
//! rejects; what leads to neither is an error that stops the file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use common::config::hex;
use common::{Failure, db, progress};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::columns::{self, Input, TargetColumn};
use crate::files::RawFile;
use crate::records::{Record, Records};
use crate::settings::Settings;
use crate::source::{Source, Table};
use crate::values::{self, Written};

const READ_BUFFER_BYTES: usize = 256 * 1024;
const CHUNK_BYTES: usize = 256 * 1024;
/// Rejects are written out when so many, or so many bytes of them, have gathered.
const REJECTS_MAX: usize = 1_000;
const REJECTED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where whole rows, in binary COPY format without header and trailer, and rejects go.
#[derive(Debug)]
pub(crate) struct Output {
    /// Takes rows.
    pub chunks: mpsc::Sender<Bytes>,
    /// Takes records that are no rows.
    pub rejects: mpsc::Sender<Vec<Reject>>,
    /// Set when another part of the load failed.
    pub is_given_up: Arc<AtomicBool>,
}

impl Output {
    fn send_rows(&self, rows: Bytes) -> anyhow::Result<()> {
        self.check()?;
        // The other side is gone only after an error of its own, which is the one to report.
        self.chunks.blocking_send(rows).map_err(|_| GivenUp.into())
    }

    fn send_rejects(&self, rejects: Vec<Reject>) -> anyhow::Result<()> {
        self.check()?;
        self.rejects
            .blocking_send(rejects)
            .map_err(|_| GivenUp.into())
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.is_given_up.load(Ordering::Relaxed) {
            return Err(GivenUp.into());
        }
        Ok(())
    }
}

/// A load ends because another part of it failed.
#[derive(Debug)]
pub(crate) struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the load was given up")
    }
}

impl std::error::Error for GivenUp {}

/// A record that is no row.
#[derive(Debug)]
pub(crate) struct Reject {
    /// Number of the record in the file, from 1.
    pub record_number: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Column that failed, from 1, and its name; absent where the whole record is at fault.
    pub column: Option<(usize, String)>,
    /// Name of the rule.
    pub rule: String,
    /// The record's bytes.
    pub raw: Vec<u8>,
}

/// What a file held.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Records beside the header.
    pub read: u64,
    /// Records that became rows.
    pub loaded: u64,
    /// Records that did not.
    pub rejected: u64,
    /// Local times that a change of the clock skipped.
    pub moved_out_of_gap: u64,
}

/// Values that every row of the file carries beside its own columns.
#[derive(Debug, Clone)]
pub(crate) struct Constants {
    /// The file's version.
    pub file_id: i64,
    /// Set where the rows go straight to staging.
    pub staging: Option<StagingConstants>,
}

/// Values that a staged row carries.
#[derive(Debug, Clone)]
pub(crate) struct StagingConstants {
    /// The source's name.
    pub source: String,
    /// The batch.
    pub batch_id: i64,
    /// Rows of the entity that the batch holds already.
    pub first_row_id: i64,
    /// Start of the run.
    pub loaded_at: DateTime<Utc>,
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct FileParser {
    /// Whose file it is.
    pub source: Source,
    /// Its table in `source.toml`.
    pub table: Table,
    /// The file.
    pub file: RawFile,
    /// Limits.
    pub settings: Settings,
    /// What every row carries.
    pub constants: Constants,
}

impl FileParser {
    /// Reads the whole file and sends what it holds.
    ///
    /// # Errors
    /// Exit code 2: header, quotes or limits; 3: the file changed while it was read.
    pub(crate) fn run(&self, output: &Output) -> anyhow::Result<Counts> {
        self.try_run(output)
            .with_context(|| format!("failed to load `{}`", self.file.path.display()))
    }

    fn try_run(&self, output: &Output) -> anyhow::Result<Counts> {
        let file = File::open(&self.file.path).context("failed to open the file")?;
        let mut hashed = Hashed {
            reader: file,
            digest: Sha256::new(),
        };
        let reader = BufReader::with_capacity(READ_BUFFER_BYTES, &mut hashed);
        let delimiter = self.table.delimiter.as_bytes()[0];
        let mut records = Records::new(reader, delimiter, self.settings.record_bytes_max)?;
        let mut record = Record::default();
        if !records.read(&mut record)? {
            return Err(Failure::usage("it has no header").into());
        }
        if let Some(fault) = record.fault {
            let rule = fault.rule();
            return Err(
                Failure::usage(format!("its header breaks the rule {rule}; mend it")).into(),
            );
        }
        self.check_width(&record)?;
        let path = Path::new(&self.file.relative);
        let zone = self.source.retailer.time_zone;
        let columns = columns::match_header(path, &record, &self.table, zone)?;
        let width = record.len();
        let mut rows = Rows {
            parser: self,
            columns,
            width,
            output,
            state: State::default(),
        };
        let bar = progress::Bar::new(&self.file.relative, Some(self.file.bytes), "bytes");
        let mut seen = 0;
        while records.read(&mut record)? {
            rows.add(&record)?;
            if records.bytes_read() - seen > CHUNK_BYTES as u64 {
                bar.add(records.bytes_read() - seen);
                seen = records.bytes_read();
            }
        }
        bar.finish();
        let counts = rows.finish()?;
        drop(records);
        self.check_unchanged(hashed.digest)?;
        Ok(counts)
    }

    fn check_width(&self, header: &Record) -> anyhow::Result<()> {
        if header.len() <= self.settings.columns_max {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "it has {} columns, {} are allowed (columns_max in [stage])",
            header.len(),
            self.settings.columns_max
        ))
        .into())
    }

    fn check_unchanged(&self, digest: Sha256) -> anyhow::Result<()> {
        if hex(&digest.finalize()) == self.file.content_sha256 {
            return Ok(());
        }
        Err(Failure::transient(
            "it changed while it was read; wait until it is delivered whole, then run again",
        )
        .into())
    }
}

/// Rows and rejects that have gathered.
#[derive(Default)]
struct State {
    chunk: BytesMut,
    rejects: Vec<Reject>,
    rejected_bytes: usize,
    counts: Counts,
    unquoted: Vec<u8>,
    joined: String,
}

struct Rows<'a> {
    parser: &'a FileParser,
    columns: Vec<TargetColumn>,
    width: usize,
    output: &'a Output,
    state: State,
}

impl Rows<'_> {
    fn add(&mut self, record: &Record) -> anyhow::Result<()> {
        self.state.counts.read += 1;
        let start = self.state.chunk.len();
        match self.write_row(record) {
            Ok(()) => self.state.counts.loaded += 1,
            Err((column, rule)) => {
                self.state.chunk.truncate(start);
                self.reject(record, column, rule);
            }
        }
        if self.state.chunk.len() >= CHUNK_BYTES {
            self.send_rows()?;
        }
        let is_full = self.state.rejects.len() >= REJECTS_MAX
            || self.state.rejected_bytes >= REJECTED_BYTES_MAX;
        if is_full {
            self.send_rejects()?;
        }
        Ok(())
    }

    fn write_row(&mut self, record: &Record) -> Result<(), (Option<usize>, String)> {
        if let Some(fault) = record.fault {
            return Err((None, fault.rule().to_owned()));
        }
        if record.len() != self.width {
            let rule = format!(
                "csv.ragged: {} fields, {} expected",
                record.len(),
                self.width
            );
            return Err((None, rule));
        }
        let constant_count = if self.parser.constants.staging.is_some() {
            6
        } else {
            3
        };
        let field_count = self.columns.len() + constant_count;
        self.state
            .chunk
            .put_i16(i16::try_from(field_count).unwrap_or(i16::MAX));
        for index in 0..self.columns.len() {
            self.write_field(record, index).map_err(|reason| {
                let name = &self.columns[index].name;
                (Some(index), format!("{name}.{reason}"))
            })?;
        }
        self.write_constants(record)
            .map_err(|reason| (None, reason.to_owned()))
    }

    fn write_field(&mut self, record: &Record, index: usize) -> Result<(), values::Reason> {
        let Self { columns, state, .. } = self;
        let State {
            chunk,
            unquoted,
            joined,
            counts,
            ..
        } = state;
        let TargetColumn { input, reader, .. } = &mut columns[index];
        let text = match input {
            Input::Constant(text) => text.as_str(),
            Input::Fields(fields) if fields.len() == 1 => {
                std::str::from_utf8(record.field(fields[0], unquoted)).map_err(|_| "not_utf8")?
            }
            Input::Fields(fields) => {
                joined.clear();
                for field in fields {
                    let part = std::str::from_utf8(record.field(*field, unquoted))
                        .map_err(|_| "not_utf8")?;
                    if !joined.is_empty() && !part.is_empty() {
                        joined.push(' ');
                    }
                    joined.push_str(part);
                }
                joined
            }
        };
        if reader.write_field(text, false, chunk)? == Written::MovedOutOfGap {
            counts.moved_out_of_gap += 1;
        }
        Ok(())
    }

    /// Landing: file, line, record. Staging: source, batch, row, file, line, time of the load.
    fn write_constants(&mut self, record: &Record) -> Result<(), values::Reason> {
        let chunk = &mut self.state.chunk;
        let (number, line) = (db::bigint(record.number), db::bigint(record.line));
        let Constants { file_id, staging } = &self.parser.constants;
        let Some(staging) = staging else {
            values::write_i64(*file_id, chunk);
            values::write_i64(line, chunk);
            values::write_i64(number, chunk);
            return Ok(());
        };
        values::write_text(&staging.source, chunk)?;
        values::write_i64(staging.batch_id, chunk);
        values::write_i64(
            staging.first_row_id + db::bigint(self.state.counts.loaded),
            chunk,
        );
        values::write_i64(*file_id, chunk);
        values::write_i64(line, chunk);
        values::write_instant(staging.loaded_at, chunk)
    }

    fn reject(&mut self, record: &Record, column: Option<usize>, rule: String) {
        self.state.counts.rejected += 1;
        let column = column.map(|index| {
            let target = &self.columns[index];
            let position = match &target.input {
                Input::Fields(fields) => fields.first().map_or(0, |it| it + 1),
                Input::Constant(_) => 0,
            };
            (position, target.name.clone())
        });
        self.state.rejected_bytes += record.raw.len();
        self.state.rejects.push(Reject {
            record_number: record.number,
            line: record.line,
            column,
            rule,
            raw: record.raw.clone(),
        });
    }

    fn send_rows(&mut self) -> anyhow::Result<()> {
        self.output.send_rows(self.state.chunk.split().freeze())
    }

    fn send_rejects(&mut self) -> anyhow::Result<()> {
        self.state.rejected_bytes = 0;
        self.output
            .send_rejects(std::mem::take(&mut self.state.rejects))
    }

    fn finish(mut self) -> anyhow::Result<Counts> {
        if !self.state.chunk.is_empty() {
            self.send_rows()?;
        }
        if !self.state.rejects.is_empty() {
            self.send_rejects()?;
        }
        Ok(self.state.counts)
    }
}

/// Hashes what is read, so that a file that changes meanwhile is noticed.
struct Hashed<R> {
    reader: R,
    digest: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}
