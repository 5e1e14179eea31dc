//! How the columns of one file become the columns of one table.

use std::collections::HashMap;
use std::path::Path;

use chrono_tz::Tz;
use common::Failure;
use common::config::nearest_hint;
use indexmap::IndexMap;

use crate::source::{Table, Type};
use crate::values::Reader;

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
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// Fields of the record by number, joined by a space.
    Fields(Vec<usize>),
    /// The same text in every row.
    Constant(String),
}

/// Matches a file's header with the table's declaration.
///
/// # Errors
/// Exit code 2: a column is missing, unknown or there twice; each has its own message.
pub(crate) fn match_header(
    path: &Path,
    names: &[String],
    table: &Table,
    time_zone: Tz,
) -> anyhow::Result<Vec<TargetColumn>> {
    let positions = positions(path, names)?;
    let mut columns = Vec::new();
    let mut used = Vec::new();
    for (name, column) in &table.columns {
        let options = column.options();
        let reader = Reader::new(&options, table, time_zone).map_err(|problem| {
            Failure::usage(format!("column `{name}` in source.toml: {problem}"))
        })?;
        let input = if let Some(constant) = options.constant {
            Input::Constant(constant)
        } else {
            let from = if options.from.is_empty() {
                vec![name.clone()]
            } else {
                options.from
            };
            let fields = from
                .iter()
                .map(|it| find(path, it, &positions))
                .collect::<anyhow::Result<Vec<usize>>>()?;
            used.extend(from);
            Input::Fields(fields)
        };
        columns.push(TargetColumn {
            name: name.clone(),
            input,
            reader,
        });
    }
    refuse_unknown(path, names, &used, table)?;
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

fn positions<'a>(path: &Path, names: &'a [String]) -> anyhow::Result<HashMap<&'a str, usize>> {
    let mut positions = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = positions.insert(name.as_str(), index) {
            return Err(Failure::usage(format!(
                "`{}`, line 1: column `{name}` is there twice, as column {} and column {}",
                path.display(),
                first + 1,
                index + 1
            ))
            .into());
        }
    }
    Ok(positions)
}

fn find(path: &Path, name: &str, positions: &HashMap<&str, usize>) -> anyhow::Result<usize> {
    if let Some(index) = positions.get(name) {
        return Ok(*index);
    }
    let mut hint = nearest_hint(name, positions.keys().copied());
    if hint.is_empty() {
        hint.push(';');
    }
    Err(Failure::usage(format!(
        "`{}`, line 1: column `{name}` is missing{hint} rename it in the file, or with `from` in \
         source.toml",
        path.display()
    ))
    .into())
}

fn refuse_unknown(
    path: &Path,
    names: &[String],
    used: &[String],
    table: &Table,
) -> anyhow::Result<()> {
    for (index, name) in names.iter().enumerate() {
        if !used.contains(name) && !table.ignored_columns.contains(name) {
            return Err(Failure::usage(format!(
                "`{}`, line 1: column {} is `{name}`, which source.toml does not know; add it to \
                 the table's columns, or to its ignored_columns",
                path.display(),
                index + 1
            ))
            .into());
        }
    }
    Ok(())
}

/// The names and SQL types that a table's declaration gives its landing table.
pub(crate) fn landing_shape(table: &Table) -> IndexMap<String, &'static str> {
    table
        .columns
        .iter()
        .map(|(name, column)| (name.clone(), sql_type(column.options().kind)))
        .collect()
}
