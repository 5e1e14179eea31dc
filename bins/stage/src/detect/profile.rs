//! All records of a file, column by column.

use std::collections::VecDeque;
use std::path::Path;

use common::errors;
use indexmap::IndexMap;
use serde_json::Value;

use crate::source::Table;

use super::column::{Column, Eyes};
use super::oddities::{Oddities, Oddity};
use super::verify::{Record, verify};

/// Records at the end that may be no records.
const FOOTER_LINES_MAX: usize = 10;
/// First words of lines that sum up the records above, or say that they are over.
const FOOTER_WORDS: [&str; 12] = [
    "total", "sum", "summe", "gesamt", "subtotal", "grand total", "somme", "suma", "soma", "count",
    "rows", "end of",
];
/// Columns of one file.
const COLUMNS_MAX: usize = 1_600;
/// Objects inside of each other that become columns of their own.
const DEPTH_MAX: usize = 4;

/// What all records of a file have in common.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// Columns in the file's order; the name is the header's own.
    pub columns: Vec<(String, Column)>,
    /// Records that were looked at.
    pub records: u64,
    /// There were more records than were looked at.
    pub is_cut: bool,
    /// Lines at the end that are no records.
    pub footer_lines: usize,
}

/// Looks at the records of a file of separated values.
///
/// A file that the loader would refuse is looked at as far as it goes; the refusal is an oddity.
pub(crate) fn profile_csv(
    path: &Path,
    table: &Table,
    names: &[String],
    eyes: &Eyes,
    records_max: u64,
    oddities: &mut Oddities,
) -> Profile {
    let mut look = CsvLook {
        names,
        eyes,
        oddities,
        columns: vec![Column::default(); names.len()],
        records: 0,
    };
    // What is at the end is known only at the end, so that many records are held back.
    let mut held: VecDeque<Record> = VecDeque::new();
    let (mut count, mut is_cut) = (0, false);
    let outcome = verify(path, table, |record| {
        if count == records_max {
            is_cut = true;
            return Ok(false);
        }
        count += 1;
        let next = if held.len() == FOOTER_LINES_MAX {
            let mut oldest = held.pop_front().unwrap_or_default();
            look.take(&oldest);
            std::mem::swap(&mut oldest, record);
            oldest
        } else {
            std::mem::take(record)
        };
        held.push_back(next);
        Ok(true)
    });
    let footer_lines = if is_cut || outcome.is_err() {
        0
    } else {
        footer_lines(&held, names.len(), look.records)
    };
    for record in held.iter().take(held.len() - footer_lines) {
        look.take(record);
    }
    let (columns, records) = (look.columns, look.records);
    if let Some(first) = held.len().checked_sub(footer_lines).and_then(|it| held.get(it)) {
        oddities.add(Oddity::Footer, first.line);
    }
    if let Err(error) = outcome {
        oddities.add_reason(Oddity::Refused, 0, &errors::describe(&error));
    }
    Profile {
        columns: names.iter().cloned().zip(columns).collect(),
        records,
        is_cut,
        footer_lines,
    }
}

/// Records at the end that look like sums or notes.
fn footer_lines(held: &VecDeque<Record>, width: usize, before: u64) -> usize {
    let is_footer = |record: &&Record| {
        let mut filled = record.fields.iter().filter(|it| !it.trim().is_empty());
        let Some(first) = filled.next() else {
            return width > 1;
        };
        let first = first.trim().to_lowercase();
        let is_short = filled.count() + 1 < width;
        let is_sum = FOOTER_WORDS.iter().any(|it| first.starts_with(it));
        let is_note = record.fields.len() == 1 && width > 2;
        is_short && (is_sum || is_note)
    };
    let count = held.iter().rev().take_while(is_footer).count();
    // Where all are so, that is how the file is.
    if count == held.len() && before == 0 || count == FOOTER_LINES_MAX {
        return 0;
    }
    count
}

struct CsvLook<'a> {
    names: &'a [String],
    eyes: &'a Eyes,
    oddities: &'a mut Oddities,
    columns: Vec<Column>,
    records: u64,
}

impl CsvLook<'_> {
    fn take(&mut self, record: &Record) {
        self.records += 1;
        if let Some(rule) = record.fault {
            self.oddities
                .add_reason(Oddity::FaultyRecord, record.line, rule);
            return;
        }
        if self.is_header(record) {
            self.oddities.add(Oddity::RepeatedHeader, record.line);
            return;
        }
        if record.fields.len() != self.names.len() {
            self.oddities.add(Oddity::RaggedRecord, record.line);
            return;
        }
        for (column, text) in self.columns.iter_mut().zip(&record.fields) {
            column.observe(text, record.line, self.eyes);
        }
    }

    /// The header's names at their own places, most of them at least.
    fn is_header(&self, record: &Record) -> bool {
        let is_same = |it: &(&String, &String)| it.0.trim() == it.1.trim() && !it.0.is_empty();
        let same = self.names.iter().zip(&record.fields).filter(is_same).count();
        same > 1 && same * 2 > self.names.len()
    }
}

/// Looks at the records of a file with one JSON object a line; columns are its keys, those of
/// objects inside it with dots.
pub(crate) fn profile_ndjson(
    path: &Path,
    table: &Table,
    eyes: &Eyes,
    records_max: u64,
    oddities: &mut Oddities,
) -> Profile {
    let mut columns: IndexMap<String, Column> = IndexMap::new();
    let (mut records, mut is_cut) = (0, false);
    let outcome = verify(path, table, |record| {
        if records == records_max {
            is_cut = true;
            return Ok(false);
        }
        records += 1;
        if let Some(rule) = record.fault {
            oddities.add_reason(Oddity::FaultyRecord, record.line, rule);
            return Ok(true);
        }
        match serde_json::from_slice(&record.raw) {
            Ok(Value::Object(object)) => {
                let mut look = JsonLook {
                    columns: &mut columns,
                    eyes,
                    line: record.line,
                };
                for (key, value) in &object {
                    look.take(key, value, 1);
                }
            }
            _ => oddities.add_reason(Oddity::FaultyRecord, record.line, "json.not_an_object"),
        }
        Ok(true)
    });
    if let Err(error) = outcome {
        oddities.add_reason(Oddity::Refused, 0, &errors::describe(&error));
    }
    let faulty = oddities.count(Oddity::FaultyRecord);
    let mut columns: Vec<(String, Column)> = columns.into_iter().collect();
    for (_, column) in &mut columns {
        // A key that is not there has no value.
        let missing = (records - faulty).saturating_sub(column.all());
        column.observe_nothing(missing);
    }
    Profile {
        columns,
        records,
        is_cut,
        footer_lines: 0,
    }
}

struct JsonLook<'a> {
    columns: &'a mut IndexMap<String, Column>,
    eyes: &'a Eyes,
    line: u64,
}

impl JsonLook<'_> {
    fn take(&mut self, path: &str, value: &Value, depth: usize) {
        // A dot leads into an object, so a key that holds one cannot be named.
        let may_go_in = |keys: &serde_json::Map<String, Value>| {
            depth < DEPTH_MAX && !keys.is_empty() && keys.keys().all(|it| !it.contains('.'))
        };
        if let Value::Object(keys) = value
            && may_go_in(keys)
        {
            for (key, value) in keys {
                self.take(&format!("{path}.{key}"), value, depth + 1);
            }
            return;
        }
        if self.columns.len() == COLUMNS_MAX && !self.columns.contains_key(path) {
            return;
        }
        let column = self.columns.entry(path.to_owned()).or_default();
        match value {
            Value::Null => column.observe_nothing(1),
            Value::String(text) => column.observe(text, self.line, self.eyes),
            Value::Bool(_) | Value::Number(_) => {
                column.observe(&value.to_string(), self.line, self.eyes);
            }
            Value::Object(_) | Value::Array(_) => column.observe_json(self.line),
        }
    }
}
