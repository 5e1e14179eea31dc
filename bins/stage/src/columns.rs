//! How the columns of one file become the columns of one table.
//!
//! In: the names in a file's header, and the table's declaration. Out: where each column's text
//! comes from. Invariant: every name of the header is loaded, declared as ignored, or lands as a
//! column that the report names; nothing is matched by likeness, a likely match is only told.

use std::collections::HashSet;
use std::path::Path;

use chrono_tz::Tz;
use common::Failure;
use common::config::nearest_hint;
use indexmap::IndexMap;

mod mismatch;
mod names;

use crate::read::UNKNOWN_KEYS_MAX;
use crate::source::{ColumnOptions, Format, NewColumns, Table, Type};
use crate::values::Reader;
use names::{identifier_of, shown};

pub(crate) use names::{IDENTIFIER_BYTES_MAX, is_reserved};

/// One column of the target.
#[derive(Debug, Clone)]
pub(crate) struct TargetColumn {
    /// Its name, in `source.toml` and in the table.
    pub name: String,
    /// Where its text comes from.
    pub input: Input,
    /// How the text is read.
    pub reader: Reader,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Fields of the record by number, joined by a space.
    Fields(Vec<usize>),
    /// The same text in every row.
    Constant(String),
    /// An optional column that the file does not have: no value in any row.
    Absent,
}

/// The names of a file's fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    /// The file, for messages.
    pub path: &'a Path,
    /// The header's first line, from 1.
    pub line: u64,
    /// In order of the fields.
    pub names: &'a [String],
}

/// A header and a declaration that fit.
#[derive(Debug, Clone)]
pub(crate) struct Matched {
    /// The declared columns in their order, then those that evolved.
    pub columns: Vec<TargetColumn>,
    /// Names of the columns that `source.toml` does not know.
    pub evolved: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Header<'_> {
    /// `orders.csv`, line 1.
    fn place(&self) -> String {
        format!("`{}`, line {}", self.path.display(), self.line)
    }

    fn refuse(&self, reason: &str) -> anyhow::Error {
        Failure::usage(format!("{}: {reason}", self.place())).into()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it == name)
    }
}

/// The columns of the file that a column is made of.
pub(crate) fn inputs<'a>(name: &'a String, options: &'a ColumnOptions) -> &'a [String] {
    if options.constant.is_some() {
        &[]
    } else if options.from.is_empty() {
        std::slice::from_ref(name)
    } else {
        &options.from
    }
}

/// Matches a file's header with the table's declaration.
///
/// # Errors
/// Exit code 2: the header is a record, a column is missing, renamed, unknown, without a name or there twice, or the
/// delimiter is another; each has its own message.
pub(crate) fn match_header(
    header: &Header<'_>,
    table: &Table,
    new_columns: NewColumns,
    time_zone: Tz,
) -> anyhow::Result<Matched> {
    let declared: IndexMap<&String, ColumnOptions> = table
        .columns
        .iter()
        .map(|(name, column)| (name, column.options()))
        .collect();
    mismatch::check_delimiter(header, table, &declared)?;
    mismatch::check_record(header, table, &declared)?;
    mismatch::check_names(header, table, &declared)?;
    let unknown = mismatch::unknown(header, table, &declared);
    mismatch::check_missing(header, &declared, &unknown)?;
    let mut matched = Matched {
        columns: Vec::new(),
        evolved: Vec::new(),
        warnings: mismatch::reordered(header, table, &declared)
            .into_iter()
            .collect(),
    };
    for (name, options) in &declared {
        matched.columns.push(TargetColumn {
            name: (*name).clone(),
            input: input(header, name, options),
            reader: reader(header, table, name, options, time_zone)?,
        });
    }
    let unknown_names: Vec<&str> = unknown
        .iter()
        .map(|it| header.names[*it].as_str())
        .collect();
    if !unknown.is_empty() && !may_evolve(table, new_columns) {
        return Err(mismatch::unknown_column(
            header,
            table,
            &declared,
            unknown[0],
            new_columns,
        ));
    }
    let evolved = evolve(&unknown_names, table).map_err(|reason| header.refuse(&reason))?;
    for (name, index) in evolved.iter().zip(unknown) {
        matched.warnings.push(format!(
            "{}: column {} is `{}`, which source.toml does not know; it lands as the text `{name}`",
            header.place(),
            index + 1,
            shown(&header.names[index]),
        ));
        matched.columns.push(TargetColumn {
            name: name.clone(),
            input: Input::Fields(vec![index]),
            reader: reader(header, table, name, &text_options(), time_zone)?,
        });
    }
    matched.evolved = evolved;
    Ok(matched)
}

/// Columns for the keys of JSON objects that no column is made of, in the order of `keys`.
///
/// # Errors
/// Exit code 2: they may not land, they are too many, or their names clash.
pub(crate) fn match_unknown_keys(
    path: &Path,
    line: u64,
    keys: &[String],
    table: &Table,
    new_columns: NewColumns,
) -> anyhow::Result<Vec<String>> {
    let header = Header {
        path,
        line,
        names: keys,
    };
    let unknown: Vec<&str> = keys.iter().map(String::as_str).collect();
    if let Some(first) = unknown.first()
        && !may_evolve(table, new_columns)
    {
        let known = table.columns.keys().map(String::as_str);
        let hint = nearest_hint(first, known);
        return Err(header.refuse(&format!(
            "key `{}` is one that source.toml does not know{hint}{} {}",
            shown(first),
            if hint.is_empty() { ";" } else { "" },
            mismatch::advice(table, new_columns)
        )));
    }
    if unknown.len() > UNKNOWN_KEYS_MAX {
        return Err(Failure::usage(format!(
            "`{}`: its objects hold more than {UNKNOWN_KEYS_MAX} keys that source.toml does not \
             know, too many to become columns; declare the object that holds them as a column of \
             type json, or add them to ignored_columns",
            path.display()
        ))
        .into());
    }
    evolve(&unknown, table).map_err(|reason| header.refuse(&reason))
}

fn input(header: &Header<'_>, name: &String, options: &ColumnOptions) -> Input {
    if let Some(constant) = &options.constant {
        return Input::Constant(constant.clone());
    }
    let fields: Option<Vec<usize>> = inputs(name, options)
        .iter()
        .map(|it| header.position(it))
        .collect();
    // Whatever is missing here was found to be optional.
    fields.map_or(Input::Absent, Input::Fields)
}

/// How a column's text is read.
fn reader(
    header: &Header<'_>,
    table: &Table,
    name: &str,
    options: &ColumnOptions,
    time_zone: Tz,
) -> anyhow::Result<Reader> {
    Reader::new(options, table, time_zone)
        .map_err(|reason| header.refuse(&format!("column `{name}` of source.toml: {reason}")))
}

fn text_options() -> ColumnOptions {
    crate::source::Column::Type(Type::Text).options()
}

/// Only landing tables can be given a column; an entity is what its contract says.
fn may_evolve(table: &Table, new_columns: NewColumns) -> bool {
    new_columns == NewColumns::Evolve && table.entity.is_none()
}

/// Names of columns for these names of a file.
fn evolve(unknown: &[&str], table: &Table) -> Result<Vec<String>, String> {
    let mut columns: Vec<String> = Vec::new();
    let mut evolved: HashSet<String> = HashSet::new();
    for name in unknown {
        let printed = shown(name);
        let Some(column) = identifier_of(name) else {
            return Err(format!(
                "column `{printed}` has no letter or digit to name a column of landing by; declare \
                 it with from = [\"{printed}\"]"
            ));
        };
        let is_taken = table.columns.contains_key(&column) || is_reserved(&column);
        if is_taken || !evolved.insert(column.clone()) {
            let other = if is_taken {
                "a column of the table"
            } else {
                "another one of the file"
            };
            return Err(format!(
                "column `{printed}` would land as `{column}`, as {other} does; declare it under \
                 another name with from = [\"{printed}\"], or add it to ignored_columns"
            ));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// SQL type of a landing column.
pub(crate) fn sql_type(kind: Type) -> &'static str {
    match kind {
        Type::Text => "text",
        Type::Integer => "bigint",
        Type::Decimal => "numeric",
        Type::Date => "date",
        Type::Timestamp => "timestamp with time zone",
        Type::Boolean => "boolean",
        Type::Json => "jsonb",
    }
}

/// Names of the fields of a file that brings none: as `header` says, else the columns in their
/// order; of JSON, what the columns are made of, each once.
pub(crate) fn declared_names(table: &Table) -> Vec<String> {
    if table.format == Format::Csv && !table.header.is_empty() {
        return table.header.clone();
    }
    let mut declared = Vec::new();
    for (name, column) in &table.columns {
        for input in inputs(name, &column.options()) {
            if !declared.contains(input) {
                declared.push(input.clone());
            }
        }
    }
    declared
}

/// The names and SQL types that a table's declaration gives its landing table.
pub(crate) fn landing_shape(table: &Table) -> IndexMap<String, &'static str> {
    table
        .columns
        .iter()
        .map(|(name, column)| (name.clone(), sql_type(column.options().kind)))
        .collect()
}

#[cfg(test)]
mod tests;
