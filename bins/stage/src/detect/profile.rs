//! All records of a file, column by column.

use std::collections::VecDeque;
use std::path::Path;

use common::errors;
use indexmap::IndexMap;
use serde_json::Value;

use crate::read::{Fault, Limits, Record, RecordReader};
use crate::source::Table;

use super::column::{Column, Eyes};
use super::oddities::{Oddities, Oddity};

/// Records at the end that may be no records.
const FOOTER_LINES_MAX: usize = 10;
/// First fields of lines that sum up the records above, or say that they are over.
const FOOTER_WORDS: [&str; 15] = [
    "total",
    "sum",
    "summe",
    "gesamt",
    "subtotal",
    "grand total",
    "somme",
    "suma",
    "soma",
    "count",
    "rows",
    "end",
    "end of file",
    "end of report",
    "eof",
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

impl Profile {
    /// Adds what another file of the same table holds; columns are the same where their names are.
    pub(crate) fn merge(&mut self, other: Self) {
        let before = self.records;
        self.records += other.records;
        self.is_cut |= other.is_cut;
        for (name, column) in other.columns {
            if let Some((_, mine)) = self.columns.iter_mut().find(|it| it.0 == name) {
                mine.merge(column);
            } else {
                let mut mine = Column::default();
                mine.observe_nothing(before);
                mine.merge(column);
                self.columns.push((name, mine));
            }
        }
    }
}

/// How a file is gone through.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its declaration as it was guessed.
    pub table: &'a Table,
    /// Limits of the loader.
    pub limits: &'a Limits,
    /// Records to look at.
    pub records_max: u64,
    /// What values are looked at with.
    pub eyes: &'a Eyes,
}

/// Tries a guess on all records of a file of separated values, with the reader that loads it.
///
/// A file that the loader would refuse is looked at as far as it goes; the refusal is an oddity.
pub(crate) fn profile_csv(way: &Way<'_>, oddities: &mut Oddities) -> Profile {
    let mut look = CsvLook {
        eyes: way.eyes,
        oddities,
        profile: Profile::default(),
    };
    let mut held = VecDeque::new();
    if let Err(error) = look.verify(way, &mut held) {
        let reason = errors::describe(&error);
        look.oddities.add_reason(Oddity::Refused, 0, &reason);
        held.clear();
    }
    let profile = &mut look.profile;
    if !profile.is_cut {
        let width = profile.columns.len();
        profile.footer_lines = footer_lines(&held, width, profile.records);
    }
    let records = held.len() - profile.footer_lines;
    for record in held.iter().take(records) {
        look.take(record);
    }
    if !look.profile.is_cut {
        look.tell_end(&held, records);
    }
    look.profile
}

/// Records at the end that look like sums or notes.
fn footer_lines(held: &VecDeque<Record>, width: usize, before: u64) -> usize {
    let is_footer = |record: &&Record| is_footer(record, width);
    let count = held.iter().rev().take_while(is_footer).count();
    // Where all are so, that is how the file is.
    if count == held.len() && before == 0 || count == FOOTER_LINES_MAX {
        return 0;
    }
    count
}

/// A sum with fewer values than a record has, or a line of prose. A record that is faulty, or
/// holds nothing, is for a person to judge.
fn is_footer(record: &Record, width: usize) -> bool {
    let Some(texts) = texts(record) else {
        return false;
    };
    let filled = texts.iter().filter(|it| !it.is_empty()).count();
    let first = texts.first().copied().unwrap_or_default();
    let is_note = texts.len() == 1 && width > 2 && first.contains(char::is_whitespace);
    is_note || (filled < width && is_footer_word(first))
}

fn is_footer_word(text: &str) -> bool {
    let text = text.strip_suffix(':').unwrap_or(text).trim_end();
    FOOTER_WORDS.contains(&text.to_lowercase().as_str())
}

/// The fields of a record that has no fault, without white space around them.
fn texts(record: &Record) -> Option<Vec<&str>> {
    let fields = 0..record.len();
    let texts = fields.map(|it| record.text(it).map(str::trim)).collect();
    record.fault.map_or(texts, |_| None)
}

struct CsvLook<'a> {
    eyes: &'a Eyes,
    oddities: &'a mut Oddities,
    profile: Profile,
}

impl CsvLook<'_> {
    /// Reads the whole file. What is at its end is known only at the end, so that a few records are
    /// held back.
    fn verify(&mut self, way: &Way<'_>, held: &mut VecDeque<Record>) -> anyhow::Result<()> {
        let mut reader = RecordReader::open(way.path, way.table, way.limits)?;
        let names = reader.header()?.unwrap_or_default();
        self.profile.columns = names
            .into_iter()
            .map(|it| (it, Column::default()))
            .collect();
        let mut record = Record::default();
        let mut count = 0;
        while reader.read(&mut record)? {
            if count == way.records_max {
                self.profile.is_cut = true;
                break;
            }
            count += 1;
            let free = if held.len() == FOOTER_LINES_MAX {
                let oldest = held.pop_front().unwrap_or_default();
                self.take(&oldest);
                oldest
            } else {
                Record::default()
            };
            held.push_back(std::mem::replace(&mut record, free));
        }
        Ok(())
    }

    /// Tells the lines at the end that are passed over, and a record that is nearly such a line.
    fn tell_end(&mut self, held: &VecDeque<Record>, records: usize) {
        for record in held.iter().skip(records) {
            self.oddities.add(Oddity::Footer, record.line);
        }
        let Some(last) = records.checked_sub(1).and_then(|it| held.get(it)) else {
            return;
        };
        let texts = texts(last).unwrap_or_default();
        let first = texts.into_iter().find(|it| !it.is_empty());
        if first.is_some_and(is_footer_word) {
            self.oddities.add(Oddity::LikeFooter, last.line);
        }
    }

    fn take(&mut self, record: &Record) {
        self.profile.records += 1;
        if let Some(found) = record.fault {
            let oddity = match found.fault {
                Fault::MixedLineBreaks => Oddity::MixedLineBreaks,
                _ => Oddity::FaultyRecord,
            };
            let rule = found.fault.rule();
            self.oddities.add_reason(oddity, found.line, rule);
            return;
        }
        if self.is_header(record) {
            self.oddities.add(Oddity::RepeatedHeader, record.line);
            return;
        }
        if record.len() != self.profile.columns.len() {
            self.oddities.add(Oddity::RaggedRecord, record.line);
            return;
        }
        for (index, (_, column)) in self.profile.columns.iter_mut().enumerate() {
            let text = record.text(index).unwrap_or_default();
            column.observe(text, record.line, self.eyes);
        }
    }

    /// The header's names at their own places, most of them at least.
    fn is_header(&self, record: &Record) -> bool {
        let names = self.profile.columns.iter().map(|it| it.0.as_str());
        let is_same = |(index, name): &(usize, &str)| {
            *index < record.len() && !name.is_empty() && record.text(*index) == Some(*name)
        };
        let same = names.enumerate().filter(is_same).count();
        let width = self.profile.columns.len();
        let is_whole = same > 0 && same == width && record.len() == width;
        is_whole || (same > 1 && same * 2 > width)
    }
}

/// Looks at the records of a file with one JSON object a line; columns are its keys, those of
/// objects inside it with dots.
pub(crate) fn profile_ndjson(way: &Way<'_>, oddities: &mut Oddities) -> Profile {
    let mut look = JsonLook {
        eyes: way.eyes,
        oddities,
        columns: IndexMap::new(),
        records: 0,
        is_cut: false,
        line: 0,
    };
    if let Err(error) = look.verify(way) {
        let reason = errors::describe(&error);
        look.oddities.add_reason(Oddity::Refused, 0, &reason);
    }
    let JsonLook {
        columns,
        records,
        is_cut,
        ..
    } = look;
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
    eyes: &'a Eyes,
    oddities: &'a mut Oddities,
    columns: IndexMap<String, Column>,
    records: u64,
    is_cut: bool,
    line: u64,
}

impl JsonLook<'_> {
    fn verify(&mut self, way: &Way<'_>) -> anyhow::Result<()> {
        let mut reader = RecordReader::open(way.path, way.table, way.limits)?;
        let mut record = Record::default();
        while reader.read(&mut record)? {
            if self.records == way.records_max {
                self.is_cut = true;
                break;
            }
            self.records += 1;
            self.line = record.line;
            if let Some(found) = record.fault {
                let rule = found.fault.rule();
                self.oddities
                    .add_reason(Oddity::FaultyRecord, found.line, rule);
                continue;
            }
            if let Ok(Value::Object(object)) = serde_json::from_slice(record.raw()) {
                for (key, value) in &object {
                    self.take(key, value, 1);
                }
            }
        }
        Ok(())
    }

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
