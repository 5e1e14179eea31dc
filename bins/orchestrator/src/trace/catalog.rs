//! What the database's catalog says of tables, so that a table that comes later can be traced too.

use common::config::nearest_hint;
use common::{Failure, Sql, db, sql};
use deadpool_postgres::Object;

const LIST_KEYED_TABLES: Sql = sql!("orchestrator/list_keyed_tables.sql");

/// A table of `production` or `warehouse` and its natural key.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) key: Vec<KeyColumn>,
    pub(super) columns: Vec<String>,
    pub(super) surrogate_key: Option<String>,
}

/// A column of a natural key.
#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    pub(super) name: String,
    pub(super) kind: String,
}

/// All tables that have a natural key.
#[derive(Debug)]
pub(super) struct Catalog(Vec<Table>);

impl Table {
    /// `schema.table`, for SQL.
    pub(super) fn relation(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|it| it == column)
    }

    pub(super) fn is_key(&self, column: &str) -> bool {
        self.key.iter().any(|it| it.name == column)
    }

    /// The parts of the key that a person gives: all but the source, if there are others.
    pub(super) fn asked(&self) -> Vec<&KeyColumn> {
        let parts: Vec<&KeyColumn> = self.key.iter().filter(|it| it.name != "source").collect();
        if parts.is_empty() {
            return self.key.iter().collect();
        }
        parts
    }

    pub(super) fn is_dimension(&self) -> bool {
        self.name.starts_with("dim_")
    }
}

impl Catalog {
    pub(super) async fn read(client: &Object) -> anyhow::Result<Self> {
        let rows = db::rows(client, LIST_KEYED_TABLES, &[]).await?;
        let tables = rows.iter().map(|row| {
            let names: Vec<String> = row.try_get("key_columns")?;
            let kinds: Vec<String> = row.try_get("key_types")?;
            let key = names.into_iter().zip(kinds);
            Ok(Table {
                schema: row.try_get("schema_name")?,
                name: row.try_get("table_name")?,
                key: key.map(|(name, kind)| KeyColumn { name, kind }).collect(),
                columns: row.try_get("all_columns")?,
                surrogate_key: row.try_get("surrogate_key")?,
            })
        });
        tables.collect::<anyhow::Result<_>>().map(Self)
    }

    /// The fact or dimension of that name.
    ///
    /// # Errors
    /// Exit code 2 for another name, with the nearest one.
    pub(super) fn traceable(&self, name: &str) -> anyhow::Result<&Table> {
        let short = name.strip_prefix("warehouse.").unwrap_or(name);
        let is_traceable = |it: &&Table| {
            it.schema == "warehouse" && (it.name.starts_with("fact_") || it.is_dimension())
        };
        let tables: Vec<&Table> = self.0.iter().filter(is_traceable).collect();
        if let Some(table) = tables.iter().find(|it| it.name == short) {
            return Ok(table);
        }
        let hint = nearest_hint(short, tables.iter().map(|it| it.name.as_str()));
        let names: Vec<&str> = tables.iter().map(|it| it.name.as_str()).collect();
        Err(Failure::usage(format!(
            "there is no fact or dimension `{name}`{hint}\n  hint: one of {}",
            names.join(", ")
        ))
        .into())
    }

    pub(super) fn find(&self, schema: &str, name: &str) -> Option<&Table> {
        self.0
            .iter()
            .find(|it| it.schema == schema && it.name == name)
    }

    /// The dimension that a fact's key column points to: the one whose own key ends it.
    pub(super) fn dimension_of(&self, column: &str) -> Option<&Table> {
        let points_to = |table: &&Table| {
            table.is_dimension()
                && table
                    .surrogate_key
                    .as_deref()
                    .is_some_and(|key| column == key || column.ends_with(&format!("_{key}")))
        };
        let length = |table: &&Table| table.surrogate_key.as_ref().map_or(0, String::len);
        self.0.iter().filter(points_to).max_by_key(length)
    }

    /// Tables of `production` whose rows name the file and line that they came from.
    pub(super) fn published(&self) -> impl Iterator<Item = &Table> {
        self.0.iter().filter(|it| {
            it.schema == "production" && it.has("source_line") && !it.name.ends_with("_changes")
        })
    }
}

/// A name as SQL takes it, whatever it holds.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
