//! Tables and views with their comments, as the catalog has them.

use common::{Sql, db, sql};
use deadpool_postgres::Object;

const LIST_COLUMNS: Sql = sql!("orchestrator/list_documented_columns.sql");

/// A table or view.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) is_view: bool,
    pub(super) comment: String,
    pub(super) columns: Vec<Column>,
}

/// One of its columns.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) comment: String,
    pub(super) is_key: bool,
    pub(super) is_surrogate: bool,
}

impl Relation {
    pub(super) fn surrogate_key(&self) -> Option<&str> {
        self.columns
            .iter()
            .find(|it| it.is_surrogate)
            .map(|it| it.name.as_str())
    }
}

/// All of them, by schema and name.
pub(super) async fn read(client: &Object) -> anyhow::Result<Vec<Relation>> {
    let mut relations: Vec<Relation> = Vec::new();
    for row in db::rows(client, LIST_COLUMNS, &[]).await? {
        let (schema, name): (String, String) =
            (row.try_get("schema_name")?, row.try_get("table_name")?);
        let column = Column {
            name: row.try_get("column_name")?,
            kind: row.try_get("type_name")?,
            comment: one_line(row.try_get("column_comment")?),
            is_key: row.try_get("is_key")?,
            is_surrogate: row.try_get("is_surrogate")?,
        };
        let is_known = relations
            .last()
            .is_some_and(|it| it.schema == schema && it.name == name);
        if !is_known {
            relations.push(Relation {
                schema,
                name,
                is_view: row.try_get("is_view")?,
                comment: one_line(row.try_get("table_comment")?),
                columns: Vec::new(),
            });
        }
        if let Some(relation) = relations.last_mut() {
            relation.columns.push(column);
        }
    }
    Ok(relations)
}

/// A comment as a cell of a table takes it.
fn one_line(comment: Option<String>) -> String {
    let text = comment.unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
