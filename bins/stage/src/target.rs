//! Which table and columns a file's rows go to.

use common::Failure;
use common::config::nearest_hint;
use deadpool_postgres::Transaction;

use crate::columns::sql_type;
use crate::copy::Target;
use crate::landing;
use crate::plan::Planned;
use crate::source::{Source, Table};

/// What a staged row carries beside the entity's own columns, in the order of the parser's values.
pub(crate) const STAGING_COLUMNS: [&str; 6] = [
    "source",
    "batch_id",
    "row_id",
    "file_id",
    "source_line",
    "loaded_at",
];

/// Table and columns of a file's rows.
pub(crate) fn of(source: &Source, table_name: &str, planned: &Planned) -> Target {
    let own = planned.matched.columns.iter().map(|it| it.name.as_str());
    match &planned.table.entity {
        None => {
            let lineage = landing::TECHNICAL_COLUMNS.iter().map(|(name, ..)| *name);
            Target {
                schema: "landing".to_owned(),
                table: source.landing_table(table_name),
                columns: own.chain(lineage).map(str::to_owned).collect(),
            }
        }
        Some(entity) => Target {
            schema: "staging".to_owned(),
            table: entity.clone(),
            columns: own.chain(STAGING_COLUMNS).map(str::to_owned).collect(),
        },
    }
}

/// Checks that an entity has the columns that a table's declaration names.
///
/// # Errors
/// Exit code 2 when it has no such column, or one of another type.
pub(crate) async fn check_entity(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    table: &Table,
    entity: &str,
) -> anyhow::Result<()> {
    let existing = landing::columns_of(tx, "staging", entity).await?;
    for (name, column) in &table.columns {
        let wanted = sql_type(column.options().kind);
        let problem = match existing.get(name) {
            Some(kind) if kind == wanted => continue,
            Some(kind) => format!("column `{name}` of entity `{entity}` is {kind}, not {wanted}"),
            None => {
                let hint = nearest_hint(name, existing.keys().map(String::as_str));
                format!("entity `{entity}` has no column `{name}`{hint}")
            }
        };
        let place = source.folder.join("source.toml");
        return Err(Failure::usage(format!(
            "in `{}`, table `{table_name}`: {problem}",
            place.display()
        ))
        .into());
    }
    Ok(())
}
