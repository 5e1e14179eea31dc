//! Rows of any table by parts of their keys: of each only its keys and its origin are read.

use std::collections::BTreeMap;

use anyhow::Context as _;
use common::{Failure, errors};
use deadpool_postgres::Object;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::catalog::{KeyColumn, Table, identifier};
use super::place::Place;

/// Columns beside the key that say what a row is without saying anything about a person.
const TELLING: [&str; 8] = [
    "effective_at",
    "valid_from",
    "valid_to",
    "is_current",
    "is_inferred",
    "is_deleted",
    "load_sequence",
    "loaded_at",
];

/// A condition on a key: equal to a text that is read as the column's type.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) kind: String,
    pub(super) value: String,
}

/// A row, without the values that it holds beside its keys.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: BTreeMap<String, Option<String>>,
    pub(super) telling: BTreeMap<String, Option<String>>,
    pub(super) surrogates: BTreeMap<String, Option<String>>,
    pub(super) place: Place,
}

impl Found {
    /// The row's own values of these columns of its key, to look for others that share them.
    pub(super) fn conditions<'a>(
        &self,
        columns: impl Iterator<Item = &'a KeyColumn>,
    ) -> Option<Vec<Condition>> {
        columns
            .map(|column| {
                let value = self.key.get(&column.name)?.clone()?;
                Some(Condition {
                    column: column.name.clone(),
                    kind: column.kind.clone(),
                    value,
                })
            })
            .collect()
    }
}

/// At most `limit` rows that meet all conditions, in the order of their keys.
pub(super) async fn find(
    client: &Object,
    table: &Table,
    sources: Option<&[String]>,
    conditions: &[Condition],
    limit: usize,
) -> anyhow::Result<Vec<Found>> {
    let query = query(table, sources.is_some(), conditions, limit);
    let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::new();
    if let Some(sources) = &sources {
        parameters.push(sources);
    }
    parameters.extend(conditions.iter().map(|it| &it.value as &(dyn ToSql + Sync)));
    let rows = client
        .query(&query, &parameters)
        .await
        .map_err(|error| explain(error, table, conditions))?;
    rows.iter()
        .map(|row| {
            let texts = |name: &str| -> anyhow::Result<BTreeMap<String, Option<String>>> {
                let columns: Vec<String> = row.try_get(format!("{name}_columns").as_str())?;
                let values: Vec<Option<String>> = row.try_get(format!("{name}_values").as_str())?;
                Ok(columns.into_iter().zip(values).collect())
            };
            Ok(Found {
                key: texts("key")?,
                telling: texts("telling")?,
                surrogates: texts("surrogate")?,
                place: Place {
                    batch_id: row.try_get("batch_id")?,
                    file_id: row.try_get("file_id")?,
                    source_line: row.try_get("source_line")?,
                    landing: None,
                },
            })
        })
        .collect()
}

fn query(table: &Table, has_sources: bool, conditions: &[Condition], limit: usize) -> String {
    let key: Vec<&str> = table.key.iter().map(|it| it.name.as_str()).collect();
    let telling: Vec<&str> = TELLING
        .into_iter()
        .filter(|it| table.has(it) && !table.is_key(it))
        .collect();
    let surrogates: Vec<&str> = table
        .columns
        .iter()
        .map(String::as_str)
        .filter(|it| it.ends_with("_key") && !table.is_key(it))
        .collect();
    let origin = |column: &str| match table.has(column) {
        true => format!("cast({} as bigint) as {column}", identifier(column)),
        false => format!("cast(null as bigint) as {column}"),
    };
    let mut tests: Vec<String> = Vec::new();
    if has_sources {
        tests.push("source = any($1)".to_owned());
    }
    let first = usize::from(has_sources) + 1;
    for (index, it) in conditions.iter().enumerate() {
        tests.push(format!(
            "{} = cast(cast(${} as text) as {})",
            identifier(&it.column),
            first + index,
            it.kind
        ));
    }
    let order: Vec<String> = key.iter().map(|it| identifier(it)).collect();
    format!(
        "select {}, {}, {}, {}, {}, {} from {} where {} order by {}{} limit {limit}",
        texts("key", &key),
        texts("telling", &telling),
        texts("surrogate", &surrogates),
        origin("batch_id"),
        origin("file_id"),
        origin("source_line"),
        table.relation(),
        if tests.is_empty() {
            "true".to_owned()
        } else {
            tests.join(" and ")
        },
        order.join(", "),
        // Of a log the newest entry of a moment holds.
        if table.has("load_sequence") {
            " desc"
        } else {
            ""
        },
    )
}

/// Names and values of columns as two arrays of texts.
fn texts(name: &str, columns: &[&str]) -> String {
    let names: Vec<String> = columns
        .iter()
        .map(|it| format!("'{}'", it.replace('\'', "''")))
        .collect();
    let values: Vec<String> = columns
        .iter()
        .map(|it| format!("cast({} as text)", identifier(it)))
        .collect();
    format!(
        "array[{}]::text[] as {name}_columns, array[{}]::text[] as {name}_values",
        names.join(", "),
        values.join(", ")
    )
}

/// A part of the key that is no number or no date is the user's to mend.
fn explain(error: tokio_postgres::Error, table: &Table, conditions: &[Condition]) -> anyhow::Error {
    let is_misread = error
        .code()
        .is_some_and(|it| it.code().starts_with("22") && *it != SqlState::DIVISION_BY_ZERO);
    if is_misread {
        let parts: Vec<String> = conditions
            .iter()
            .map(|it| format!("<{} {}>", it.column, it.kind))
            .collect();
        return Failure::usage(format!(
            "a part of the key does not read as its column's type\n  hint: trace {} {}",
            table.name,
            parts.join(" ")
        ))
        .into();
    }
    let reason = errors::describe(&error.into());
    anyhow::anyhow!("{reason}").context(format!("failed to read {}", table.relation()))
}

/// The keys next to one that does not exist, for people who mistyped it.
pub(super) async fn neighbours(
    client: &Object,
    table: &Table,
    sources: Option<&[String]>,
    part: &KeyColumn,
    value: &str,
) -> anyhow::Result<Vec<String>> {
    let column = identifier(&part.name);
    let mut found = Vec::new();
    for (sign, order) in [("<=", "desc"), (">", "asc")] {
        let source = if sources.is_some() {
            "source = any($2) and "
        } else {
            ""
        };
        let query = format!(
            "select cast({column} as text) from {} where {source}{column} {sign} \
             cast(cast($1 as text) as {}) order by {column} {order} limit 1",
            table.relation(),
            part.kind
        );
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&value];
        if let Some(sources) = &sources {
            parameters.push(sources);
        }
        let row = client
            .query_opt(&query, &parameters)
            .await
            .with_context(|| format!("failed to look for neighbours in {}", table.relation()))?;
        found.extend(row.map(|it| it.get::<_, String>(0)));
    }
    Ok(found)
}
