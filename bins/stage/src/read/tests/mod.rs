//! Files in memory, and what the reader makes of them.

mod chance;
mod dialects;
mod json;
mod lines;
mod packing;
mod quotes;

use std::io::{self, Read};

use super::{Limits, Record, RecordReader};
use crate::source::Table;

/// A record as a test sees it: number, line, fields, and the fault with its field and line.
type Seen = (u64, u64, Vec<String>, Option<(&'static str, usize, u64)>);

/// A table whose declaration is `keys`, for a file with two columns.
fn table(keys: &str) -> Table {
    let text = format!("files = [\"f\"]\n{keys}\n[columns]\na = \"text\"\nb = \"text\"\n");
    toml::from_str(&text).expect("a table")
}

fn limits() -> Limits {
    Limits {
        record_bytes_max: 1_024,
        ..Limits::default()
    }
}

/// A reader that gives a few bytes at a time.
struct Slow {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn read_all(mut reader: RecordReader) -> anyhow::Result<(Option<Vec<String>>, Vec<Seen>)> {
    let header = reader.header()?;
    let mut record = Record::default();
    let mut seen = Vec::new();
    while reader.read(&mut record)? {
        let fault = record.fault.map(|it| (it.fault.rule(), it.field, it.line));
        let fields = (0..record.len())
            .map(|it| String::from_utf8_lossy(record.field(it)).into_owned())
            .collect();
        seen.push((record.number, record.line, fields, fault));
    }
    Ok((header, seen))
}

/// Reads the bytes whole and in small pieces: all ways must agree.
fn read_as(
    file_name: &str,
    bytes: &[u8],
    table: &Table,
) -> anyhow::Result<(Option<Vec<String>>, Vec<Seen>)> {
    let whole =
        RecordReader::from_reader(io::Cursor::new(bytes.to_vec()), file_name, table, &limits())
            .and_then(read_all);
    for (step, window_bytes) in [(1, 32), (7, 64), (usize::MAX, 33)] {
        let (bytes, at) = (bytes.to_vec(), 0);
        let slow = Box::new(Slow { bytes, at, step });
        let pieces = RecordReader::with_window(slow, file_name, table, &limits(), window_bytes)
            .and_then(read_all);
        match (&whole, &pieces) {
            (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces, "{step} bytes at a time"),
            (whole, pieces) => assert_eq!(
                whole.as_ref().err().map(|it| format!("{it:#}")),
                pieces.as_ref().err().map(|it| format!("{it:#}")),
                "{step} bytes at a time"
            ),
        }
    }
    whole
}

fn read(text: impl AsRef<[u8]>, keys: &str) -> Vec<Seen> {
    read_as("f.csv", text.as_ref(), &table(keys))
        .expect("records")
        .1
}

/// The header's names.
fn names(text: &str, keys: &str) -> Option<Vec<String>> {
    read_as("f.csv", text.as_bytes(), &table(keys))
        .expect("records")
        .0
}

/// The fields alone; no record may have a fault.
fn fields(text: impl AsRef<[u8]>, keys: &str) -> Vec<Vec<String>> {
    let seen = read(text, keys);
    assert!(seen.iter().all(|it| it.3.is_none()), "{seen:?}");
    seen.into_iter().map(|it| it.2).collect()
}

/// Number, line and fault of each record.
fn faults(text: impl AsRef<[u8]>, keys: &str) -> Vec<Option<(&'static str, usize, u64)>> {
    read(text, keys).into_iter().map(|it| it.3).collect()
}

/// Why the file is refused.
fn refusal(text: impl AsRef<[u8]>, keys: &str) -> String {
    let error = read_as("f.csv", text.as_ref(), &table(keys)).expect_err("a refusal");
    assert_eq!(common::errors::exit_code(&error), 2, "{error:#}");
    format!("{error:#}")
}
