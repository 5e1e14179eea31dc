//! Before anything is loaded: does the header of every new file fit?
//!
//! In: the new files. Out: what their columns mean, or the refusal of the first file that does not
//! fit; the database is not touched for that.

use std::path::Path;

use anyhow::Context as _;
use common::Failure;

use crate::columns::{self, Header, Matched};
use crate::files::{RawFile, TableFiles};
use crate::read::{Record, RecordReader};
use crate::settings::Settings;
use crate::source::{Column, Format, NewColumns, Source, Table, Type};

/// A file whose header fits.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// The file.
    pub file: RawFile,
    /// How it is read: its table's declaration, and columns for keys that evolved.
    pub table: Table,
    /// What columns that the declaration does not know lead to.
    pub new_columns: NewColumns,
    /// Names of its fields, in their order.
    pub header: Vec<String>,
    /// What they mean.
    pub matched: Matched,
}

/// A table and its files that are to be loaded.
#[derive(Debug)]
pub(crate) struct PlannedTable {
    /// All of its files.
    pub files: TableFiles,
    /// Those that are new, in their order.
    pub new: Vec<Planned>,
}

/// Looks at the header of every new file.
///
/// # Errors
/// Exit code 2: a header does not fit; names the file.
pub(crate) fn plan(
    source: &Source,
    settings: &Settings,
    tables: Vec<TableFiles>,
) -> anyhow::Result<Vec<PlannedTable>> {
    let mut planned = Vec::new();
    for files in tables {
        let mut new = Vec::new();
        for file in files.new_files() {
            let table = source.tables[&files.table_name].clone();
            let explain = || format!("failed to load `{}`", file.path.display());
            new.push(plan_file(source, settings, table, file).with_context(explain)?);
        }
        planned.push(PlannedTable { files, new });
    }
    Ok(planned)
}

/// Looks at the header of one file.
///
/// # Errors
/// Exit code 2: it does not fit.
pub(crate) fn plan_file(
    source: &Source,
    settings: &Settings,
    mut table: Table,
    file: &RawFile,
) -> anyhow::Result<Planned> {
    let mut arrived = Vec::new();
    let new_columns = source.schema_drift.new_columns;
    if table.format == Format::Ndjson && new_columns == NewColumns::Evolve {
        arrived = evolve_keys(settings, &mut table, file)?;
    }
    let mut reader = RecordReader::open(&file.path, &table, &settings.limits())?;
    let Some(names) = reader.header()? else {
        return Err(Failure::usage("it ends before its header").into());
    };
    if names.len() > settings.columns_max {
        return Err(Failure::usage(format!(
            "it has {} columns, {} are allowed (columns_max in [stage])",
            names.len(),
            settings.columns_max
        ))
        .into());
    }
    let header = Header {
        path: Path::new(&file.relative),
        line: reader.header_line(),
        names: &names,
    };
    let zone = source.retailer.time_zone;
    let mut matched = columns::match_header(&header, &table, new_columns, zone)?;
    matched.warnings.extend(arrived.iter().map(|name| {
        format!(
            "`{}`: key `{name}` is new to source.toml; it lands as a text",
            file.relative
        )
    }));
    matched.evolved.extend(arrived);
    Ok(Planned {
        file: file.clone(),
        table,
        new_columns,
        header: names,
        matched,
    })
}

/// Reads a file of JSON lines to its end for keys that no column names, and gives each a column.
fn evolve_keys(
    settings: &Settings,
    table: &mut Table,
    file: &RawFile,
) -> anyhow::Result<Vec<String>> {
    let mut reader = RecordReader::open(&file.path, table, &settings.limits())?;
    let mut record = Record::default();
    while reader.read(&mut record)? {}
    let keys: Vec<String> = reader
        .unknown_keys()
        .map(|it| it.keys().cloned().collect())
        .unwrap_or_default();
    let path = Path::new(&file.relative);
    let names = columns::match_unknown_keys(path, 1, &keys, table, NewColumns::Evolve)?;
    for (name, key) in names.iter().zip(keys) {
        let mut options = Column::Type(Type::Text).options();
        options.from = vec![key];
        // The only records that have it may be rejected.
        options.optional = true;
        table
            .columns
            .insert(name.clone(), Column::Options(Box::new(options)));
    }
    Ok(names)
}

impl Planned {
    /// Refuses keys of JSON objects that nothing declares, and declared ones that no object has,
    /// once the file was read.
    ///
    /// # Errors
    /// Exit code 2; names the first one, and the line of one that nothing declares.
    pub(crate) fn check_keys(&self, reader: &RecordReader) -> anyhow::Result<()> {
        self.check_unknown_keys(reader)?;
        let never_seen = reader.keys_never_seen();
        match first_needed(&self.table, &never_seen) {
            None => Ok(()),
            Some(key) => Err(Failure::usage(format!(
                "key `{}` is in none of its records; rename it in the file, or with `from` in \
                 source.toml, or, if files may come without it, say optional = true",
                key.escape_debug()
            ))
            .into()),
        }
    }

    fn check_unknown_keys(&self, reader: &RecordReader) -> anyhow::Result<()> {
        let Some((key, line)) = reader.unknown_keys().and_then(|it| it.first()) else {
            return Ok(());
        };
        let path = Path::new(&self.file.relative);
        let keys = [key.clone()];
        columns::match_unknown_keys(path, *line, &keys, &self.table, self.new_columns).map(drop)
    }
}

/// The first of these keys that a column cannot do without.
fn first_needed<'a>(table: &Table, keys: &[&'a str]) -> Option<&'a str> {
    let is_needed = |key: &str| {
        table.columns.iter().any(|(name, column)| {
            let options = column.options();
            !options.optional && columns::inputs(name, &options).iter().any(|it| it == key)
        })
    };
    keys.iter().copied().find(|it| is_needed(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_needed_unless_its_columns_are_optional() {
        let table: Table = toml::from_str(
            "files = [\"f\"]\nformat = \"ndjson\"\n[columns]\na = { type = \"text\", optional = \
             true }\nb = { type = \"text\", constant = \"x\" }\nc = { type = \"text\", from = \
             [\"d\", \"e\"] }\n",
        )
        .expect("a table");
        assert_eq!(first_needed(&table, &["a", "b", "c"]), None);
        assert_eq!(first_needed(&table, &["a", "e", "d"]), Some("e"));
    }
}
