//! Any bytes under any declaration: records, or an error, but no panic and no hang; and the same
//! ones however the bytes arrive.

#![no_main]

use bullion_fuzz::{Chunked, Packing, Trial};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};
use stage::read::{Found, Record, RecordReader};
use stage::source::{Encoding, Format, LineBreak, RepeatedHeader, Table};

fuzz_target!(|input: &[u8]| {
    let trial = Trial::new(input);
    let whole = read(&trial, usize::MAX);
    for chunk_bytes in [1, 7] {
        same(&trial, &whole, &read(&trial, chunk_bytes));
    }
    compare_with_csv(&trial, &whole);
});

/// All that was read of a file.
#[derive(Debug, PartialEq)]
struct Outcome {
    header: Option<Vec<String>>,
    records: Vec<Seen>,
    /// The file's hash, or why it was refused.
    end: Result<String, String>,
}

/// All of one record.
#[derive(Debug, PartialEq)]
struct Seen {
    line: u64,
    fault: Option<Found>,
    raw: Vec<u8>,
    fields: Vec<Field>,
}

#[derive(Debug, PartialEq)]
struct Field {
    bytes: Vec<u8>,
    is_quoted: bool,
    is_null: bool,
}

fn read(trial: &Trial, chunk_bytes: usize) -> Outcome {
    let mut outcome = Outcome {
        header: None,
        records: Vec::new(),
        end: Ok(String::new()),
    };
    let end = try_read(trial, chunk_bytes, &mut outcome);
    outcome.end = end.map_err(|error| format!("{error:#}"));
    outcome
}

fn try_read(trial: &Trial, chunk_bytes: usize, outcome: &mut Outcome) -> anyhow::Result<String> {
    let bytes = Chunked::new(&trial.bytes, chunk_bytes);
    let mut reader = RecordReader::from_reader(bytes, trial.name, &trial.table, &trial.limits)?;
    outcome.header = reader.header()?;
    let mut line_before = reader.header_line();
    let mut record = Record::default();
    while reader.read(&mut record)? {
        let number = outcome.records.len() as u64 + 1;
        assert_eq!(record.number, number, "numbers count up by one");
        assert!(record.line > line_before, "a record begins on a line of its own");
        assert!(record.raw().len() <= trial.limits.record_bytes_max, "a limit holds");
        line_before = record.line;
        outcome.records.push(look_at(&record, &trial.table));
    }
    assert!(!reader.read(&mut record)?, "the end is the end");
    assert_eq!(reader.bytes_read(), trial.bytes.len() as u64, "all of the file was read");
    let hash = reader.finish()?;
    let digest = Sha256::digest(&trial.bytes);
    let expected: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(hash, expected, "the hash of the file's bytes");
    Ok(hash)
}

fn look_at(record: &Record, table: &Table) -> Seen {
    if let Some(Found { field, line, .. }) = record.fault {
        assert!(field < record.len().max(1), "a fault is in a field");
        let lines = record.raw().iter().filter(|it| matches!(it, b'\r' | b'\n'));
        assert!((record.line..=record.line + lines.count() as u64).contains(&line));
    }
    assert!(record.fault.is_some() || record.len() > 0, "a record has fields");
    let is_csv = table.format == Format::Csv;
    let mut fields = Vec::new();
    for index in 0..record.len() {
        let bytes = record.field(index);
        match record.text(index) {
            Some(text) => assert_eq!(text.as_bytes(), bytes),
            None => assert!(record.fault.is_some(), "only a fault hides a text"),
        }
        assert!(!(is_csv && record.is_null(index)), "csv has no nulls of its own");
        fields.push(Field {
            bytes: bytes.to_vec(),
            is_quoted: record.is_quoted(index),
            is_null: record.is_null(index),
        });
    }
    assert!(record.field(record.len()).is_empty() && record.text(record.len()).is_none());
    Seen {
        line: record.line,
        fault: record.fault,
        raw: record.raw().to_vec(),
        fields,
    }
}

/// A packed file may be refused earlier for what lies behind a broken record, or later.
fn same(trial: &Trial, whole: &Outcome, chunked: &Outcome) {
    if trial.packing == Packing::Plain || whole.end.is_ok() {
        assert_eq!(whole, chunked, "chunks do not matter");
        return;
    }
    assert!(chunked.end.is_err(), "chunks do not mend a file");
    for (one, other) in whole.records.iter().zip(&chunked.records) {
        assert_eq!(one, other);
    }
}

/// What the csv crate reads and what ours finds nothing wrong with must be the same. It knows no
/// faults, and none of the declarations that are left out here.
fn compare_with_csv(trial: &Trial, outcome: &Outcome) {
    let table = &trial.table;
    let is_comparable = trial.packing == Packing::Plain
        && outcome.end.is_ok()
        && outcome.records.iter().all(|it| it.fault.is_none())
        && table.format == Format::Csv
        && table.encoding == Encoding::Utf8
        && table.line_break != LineBreak::Cr
        && (table.delimiter.len() == 1 && table.quote.len() == 1)
        && (table.escape.is_none() || table.escape == Some('"') && table.quote == "\"")
        && table.quoted_line_breaks
        && (table.preamble_lines == 0 && table.footer_lines == 0 && table.header_lines <= 1)
        && table.comment.is_none();
    // One that skips repeated headers leaves records out.
    if !is_comparable || table.repeated_header == RepeatedHeader::Skip {
        return;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(table.delimiter.as_bytes()[0])
        .quote(table.quote.as_bytes()[0])
        .from_reader(trial.bytes.as_slice());
    let mut theirs: Vec<csv::ByteRecord> = reader
        .byte_records()
        .collect::<Result<_, _>>()
        .expect("memory does not fail");
    if table.header_lines == 1 && !theirs.is_empty() {
        theirs.remove(0);
    }
    assert_eq!(outcome.records.len(), theirs.len(), "as many records");
    for (ours, theirs) in outcome.records.iter().zip(&theirs) {
        let ours = ours.fields.iter().map(|it| it.bytes.as_slice());
        assert!(ours.eq(theirs), "the same fields");
    }
}
