//! A declaration tried on a file, up to the point where rows would be written.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::BytesMut;
use chrono_tz::Tz;
use common::Failure;

use crate::read::{Limits, Record, RecordReader};
use crate::rows::RAGGED;
use crate::source::Table;
use crate::values::Reader;

/// Records that would not be loaded, by rule and column.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// Records read.
    pub records: u64,
    /// Those that would be rejected: how many and the first line, by rule and column.
    pub rejected: BTreeMap<(String, String), (u64, u64)>,
}

/// Reads every value of a file as its table says.
///
/// # Errors
/// Where the loader would refuse the file.
pub(crate) fn try_table(
    path: &Path,
    table: &Table,
    zone: Tz,
    limits: &Limits,
) -> anyhow::Result<Trial> {
    let mut reader = RecordReader::open(path, table, limits)?;
    let header = reader.header()?.unwrap_or_default();
    let mut columns = columns(table, &header, zone)?;
    let mut trial = Trial::default();
    let (mut record, mut buffer) = (Record::default(), BytesMut::new());
    while reader.read(&mut record)? {
        trial.records += 1;
        let mut reject = |rule: &str, column: &str| {
            let key = (rule.to_owned(), column.to_owned());
            trial.rejected.entry(key).or_insert((0, record.line)).0 += 1;
        };
        if let Some(found) = record.fault {
            reject(found.fault.rule(), "");
        } else if record.len() != header.len() {
            reject(RAGGED, "");
        } else if let Some((column, reason)) = refused(&mut columns, &record, &mut buffer) {
            reject(reason, column);
        }
    }
    Ok(trial)
}

struct Target<'a> {
    name: &'a str,
    field: usize,
    reader: Reader,
}

fn columns<'a>(table: &'a Table, header: &[String], zone: Tz) -> anyhow::Result<Vec<Target<'a>>> {
    let mut targets = Vec::new();
    for (name, column) in &table.columns {
        let options = column.options();
        let from = options.from.first().unwrap_or(name);
        let Some(field) = header.iter().position(|it| it == from) else {
            return Err(Failure::usage(format!("there is no column `{from}`")).into());
        };
        let reader = Reader::new(&options, table, zone)
            .map_err(|reason| Failure::usage(format!("column `{name}`: {reason}")))?;
        targets.push(Target {
            name,
            field,
            reader,
        });
    }
    Ok(targets)
}

/// The first column whose value its type does not take, and why.
fn refused<'a>(
    columns: &mut [Target<'a>],
    record: &Record,
    buffer: &mut BytesMut,
) -> Option<(&'a str, &'static str)> {
    for Target {
        name,
        field,
        reader,
    } in columns
    {
        if record.is_null(*field) {
            continue;
        }
        buffer.clear();
        let text = record.text(*field).unwrap_or_default();
        if let Err(reason) = reader.write_field(text, record.is_quoted(*field), buffer) {
            return Some((name, reason));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::times::{Formats, Offset};

    /// Goal: every format that may be written down is one that the loader takes.
    #[test]
    fn all_usual_formats_are_the_loaders_too() {
        let formats = Formats::usual();
        for format in formats.of(u128::MAX) {
            let kind = if format.has_time { "timestamp" } else { "date" };
            let zone = match format.offset {
                Offset::Utc => ", time_zone = \"UTC\"",
                Offset::Local | Offset::Own => "",
            };
            let text = format!(
                "files = [\"a\"]\n[columns]\na = {{ type = \"{kind}\", format = \"{}\"{zone} }}\n",
                format.text
            );
            let table: Table = toml::from_str(&text).expect("a table");
            let columns = columns(&table, &["a".to_owned()], chrono_tz::UTC);
            let refused = columns.err().map(|it| it.to_string());
            assert_eq!(refused, None, "{}", format.text);
        }
    }
}
