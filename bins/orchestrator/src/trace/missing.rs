//! A key that is not in the warehouse: where it got stuck, or what it may have been meant to be.

use anyhow::Error;
use common::{Failure, Sql, db, sql};
use deadpool_postgres::Object;

use super::catalog::{Catalog, Table};
use super::rows::{self, Condition};

const FIND_WAITING: Sql = sql!("orchestrator/find_waiting_key.sql");

/// The failure to end with (exit code 2).
pub(super) async fn explain(
    client: &Object,
    catalog: &Catalog,
    table: &Table,
    sources: Option<&[String]>,
    conditions: &[Condition],
) -> anyhow::Result<Error> {
    let values: Vec<&str> = conditions.iter().map(|it| it.value.as_str()).collect();
    let mut message = format!("{} has no row {}", table.name, values.join(" "));
    let mut hints = Vec::new();
    hints.extend(unloaded(client, catalog, table, sources, conditions).await?);
    hints.extend(waiting(client, &values).await?);
    if hints.is_empty()
        && let (Some(part), Some(first)) = (table.asked().first(), conditions.first())
    {
        let near = rows::neighbours(client, table, sources, part, &first.value).await?;
        let is_known = near.contains(&first.value);
        if is_known {
            hints.push(format!(
                "{} {} is there, with other parts",
                part.name, first.value
            ));
        } else if !near.is_empty() {
            hints.push(format!(
                "the nearest {} are {}",
                part.name,
                near.join(" and ")
            ));
        }
        let parts: Vec<String> = table
            .asked()
            .iter()
            .map(|it| format!("<{}>", it.name))
            .collect();
        hints.push(format!("trace {} {}", table.name, parts.join(" ")));
    }
    for hint in hints {
        message.push_str("\n  hint: ");
        message.push_str(&hint);
    }
    Ok(Failure::usage(message).into())
}

/// Rows of production that the warehouse left out or has not loaded yet.
async fn unloaded(
    client: &Object,
    catalog: &Catalog,
    table: &Table,
    sources: Option<&[String]>,
    conditions: &[Condition],
) -> anyhow::Result<Vec<String>> {
    let mut hints = Vec::new();
    let is_asked = |name: &str| conditions.iter().any(|it| it.column == name);
    for origin in catalog.published() {
        let is_named = origin
            .key
            .iter()
            .all(|it| it.name == "source" || (is_asked(&it.name) && table.is_key(&it.name)));
        if !is_named || origin.asked().len() != conditions.len() {
            continue;
        }
        let found = rows::find(client, origin, sources, conditions, 1).await?;
        let Some(row) = found.first() else { continue };
        let is_deleted = row.telling.get("is_deleted").cloned().flatten();
        hints.push(if is_deleted.as_deref() == Some("true") {
            format!("production.{} has it, deleted at the source", origin.name)
        } else {
            format!(
                "production.{} has it, from batch {}; `warehouse` has not loaded it, or leaves it \
                 out",
                origin.name,
                row.place.batch_id.unwrap_or_default()
            )
        });
    }
    Ok(hints)
}

/// Entries of quarantine of this key.
async fn waiting(client: &Object, values: &[&str]) -> anyhow::Result<Vec<String>> {
    let whole = values.join("/");
    let rows = db::rows(client, FIND_WAITING, &[&whole]).await?;
    rows.iter()
        .map(|row| {
            let (id, dataset): (i64, String) =
                (row.try_get("quarantine_id")?, row.try_get("dataset")?);
            let rules: Vec<String> = row.try_get("rules")?;
            Ok(format!(
                "a row of {dataset} with this key waits in quarantine, entry {id} ({}); see \
                 `quality quarantine show {id}`",
                rules.join(", ")
            ))
        })
        .collect()
}
