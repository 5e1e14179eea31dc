//! Landing tables: shaped like the source, made and widened here.
//!
//! Invariant: a landing table holds the rows of each file's latest version; a snapshot's files of
//! today are the whole table.

use anyhow::Context as _;
use chrono::NaiveDate;
use common::{Failure, Sql, db};
use deadpool_postgres::Transaction;
use indexmap::IndexMap;

mod rows;

pub(crate) use rows::*;

use crate::columns::landing_shape;
use crate::source::{Mode, Source, Table};
use crate::sqltext::{identifier, literal};

const LIST_COLUMNS: Sql = common::sql!("stage/list_columns.sql");
const ABANDON_LOADED: Sql = common::sql!("stage/abandon_loaded_files.sql");
const LIST_EVOLVED: Sql = common::sql!("stage/list_evolved_columns.sql");

/// What every landing row carries beside the source's own columns.
pub(crate) const TECHNICAL_COLUMNS: [(&str, &str, &str); 3] = [
    ("file_id", "bigint", "Version of the file (ops.raw_files)"),
    ("source_line", "bigint", "Line on which the record begins"),
    (
        "record_number",
        "bigint",
        "Number of the record in its file",
    ),
];

/// Makes the table fit its declaration, and the view of this batch's rows. Columns that arrived in
/// files and were never declared stay.
///
/// # Errors
/// Exit code 2 when a column changed its type, but not all of its rows come again: of an appending
/// table, or in a run over a range of days.
pub(crate) async fn prepare(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    table: &Table,
    is_partial: bool,
) -> anyhow::Result<()> {
    let name = source.landing_table(table_name);
    let wanted = landing_shape(table);
    let existing = columns_of(tx, "landing", &name).await?;
    if existing.is_empty() {
        return create(tx, source, &name, &wanted).await;
    }
    let changed = wanted
        .iter()
        .find(|(column, kind)| existing.get(*column).is_some_and(|it| it != *kind));
    let comes_whole = table.mode == Mode::Snapshot && !is_partial;
    if comes_whole && (changed.is_some() || is_narrower(tx, &name, &wanted, &existing).await?) {
        // All its rows come again from the files of today.
        db::execute(tx, ABANDON_LOADED, &[&source.name, &table_name]).await?;
        let statement = format!("drop table landing.{} cascade", identifier(&name));
        run(tx, &statement).await?;
        return create(tx, source, &name, &wanted).await;
    }
    if let Some((column, kind)) = changed {
        let advice = if table.mode == Mode::Snapshot {
            "a range of days does not bring all rows again, so run once without --from and --to"
        } else {
            "an appending table keeps the rows of earlier files, so give the new column another \
             name"
        };
        return Err(Failure::usage(format!(
            "column `{table_name}.{column}` is now {kind}, but landing.{name} holds it as {}; \
             {advice}",
            existing[column]
        ))
        .into());
    }
    widen(tx, source, &name, &wanted, &existing).await
}

/// Makes a table of which no file ever came: SQL may read it all the same.
///
/// # Errors
/// As the server says.
pub(crate) async fn create_missing(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
) -> anyhow::Result<()> {
    let name = source.landing_table(table_name);
    let table = &source.tables[table_name];
    if table.entity.is_some() || !columns_of(tx, "landing", &name).await?.is_empty() {
        return Ok(());
    }
    create(tx, source, &name, &landing_shape(table)).await
}

/// Whether the table has a column that was declared once and is not any more.
async fn is_narrower(
    tx: &Transaction<'_>,
    name: &str,
    wanted: &IndexMap<String, &'static str>,
    existing: &IndexMap<String, String>,
) -> anyhow::Result<bool> {
    let arrived = db::rows(tx, LIST_EVOLVED, &[&name]).await?;
    let arrived: Vec<&str> = arrived.iter().map(|row| row.get("column_name")).collect();
    Ok(existing.keys().any(|it| {
        !wanted.contains_key(it)
            && !arrived.contains(&it.as_str())
            && TECHNICAL_COLUMNS.iter().all(|(name, ..)| name != it)
    }))
}

/// Adds the columns that a file brought and `source.toml` does not know; those that are there stay.
///
/// # Errors
/// Exit code 2 when a column of that name holds something else than text.
pub(crate) async fn evolve(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    evolved: &[String],
    business_date: NaiveDate,
    file: &str,
) -> anyhow::Result<()> {
    let name = source.landing_table(table_name);
    let table = identifier(&name);
    let existing = columns_of(tx, "landing", &name).await?;
    let mut is_wider = false;
    for column in evolved {
        match existing.get(column).map(String::as_str) {
            Some("text") => continue,
            Some(kind) => {
                return Err(Failure::usage(format!(
                    "column `{column}` of `{file}` would land as text, but landing.{name} holds it \
                     as {kind}; add it to the columns of table `{table_name}`, or to its \
                     ignored_columns"
                ))
                .into());
            }
            None => {}
        }
        let comment = literal(&format!("Arrived on {business_date} in {file}"));
        let column = identifier(column);
        run(
            tx,
            &format!(
                "alter table landing.{table} add column {column} text; comment on column \
                 landing.{table}.{column} is {comment}"
            ),
        )
        .await?;
        is_wider = true;
    }
    if is_wider {
        create_view_of_new_rows(tx, source, &name).await?;
    }
    Ok(())
}

/// Names and types of a table's columns; empty where there is no such table.
///
/// # Errors
/// As the server says.
pub(crate) async fn columns_of(
    tx: &Transaction<'_>,
    schema: &str,
    table: &str,
) -> anyhow::Result<IndexMap<String, String>> {
    let rows = db::rows(tx, LIST_COLUMNS, &[&schema, &table]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get("column_name"), row.get("data_type")))
        .collect())
}

async fn create(
    tx: &Transaction<'_>,
    source: &Source,
    name: &str,
    wanted: &IndexMap<String, &'static str>,
) -> anyhow::Result<()> {
    let own = wanted
        .iter()
        .map(|(column, kind)| format!("{} {kind}", identifier(column)));
    let technical = TECHNICAL_COLUMNS
        .iter()
        .map(|(column, kind, _)| format!("{column} {kind} not null"));
    let columns: Vec<String> = own.chain(technical).collect();
    let table = identifier(name);
    run(
        tx,
        &format!("create table landing.{table} ({})", columns.join(", ")),
    )
    .await?;
    let comment = format!("Rows of source {} as its files bring them", source.name);
    run(
        tx,
        &format!("comment on table landing.{table} is {}", literal(&comment)),
    )
    .await?;
    for (column, _, comment) in TECHNICAL_COLUMNS {
        let comment = literal(comment);
        run(
            tx,
            &format!("comment on column landing.{table}.{column} is {comment}"),
        )
        .await?;
    }
    for column in wanted.keys() {
        comment_column(tx, &table, column).await?;
    }
    create_view_of_new_rows(tx, source, name).await
}

async fn comment_column(tx: &Transaction<'_>, table: &str, column: &str) -> anyhow::Result<()> {
    let comment = literal(&format!("Column {column} of the source"));
    run(
        tx,
        &format!(
            "comment on column landing.{table}.{} is {comment}",
            identifier(column)
        ),
    )
    .await
}

/// `<table>__new`: the rows that the source's latest batch brought.
async fn create_view_of_new_rows(
    tx: &Transaction<'_>,
    source: &Source,
    name: &str,
) -> anyhow::Result<()> {
    let (table, view) = (identifier(name), identifier(&format!("{name}__new")));
    let source_name = literal(&source.name);
    run(
        tx,
        &format!(
            "create or replace view landing.{view} as select landed.* from landing.{table} as \
             landed inner join ops.raw_files on raw_files.file_id = landed.file_id where \
             raw_files.batch_id = (select max(batches.batch_id) from ops.batches where \
             batches.source = {source_name})"
        ),
    )
    .await?;
    let comment = literal("Of these rows, those that the latest batch brought");
    run(tx, &format!("comment on view landing.{view} is {comment}")).await
}

async fn widen(
    tx: &Transaction<'_>,
    source: &Source,
    name: &str,
    wanted: &IndexMap<String, &'static str>,
    existing: &IndexMap<String, String>,
) -> anyhow::Result<()> {
    let table = identifier(name);
    let missing: Vec<_> = wanted
        .iter()
        .filter(|(it, _)| !existing.contains_key(*it))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    run(
        tx,
        &format!(
            "drop view if exists landing.{} ",
            identifier(&format!("{name}__new"))
        ),
    )
    .await?;
    for (column, kind) in missing {
        run(
            tx,
            &format!(
                "alter table landing.{table} add column {} {kind}",
                identifier(column)
            ),
        )
        .await?;
        comment_column(tx, &table, column).await?;
    }
    create_view_of_new_rows(tx, source, name).await
}

async fn run(tx: &Transaction<'_>, statement: &str) -> anyhow::Result<()> {
    tx.batch_execute(statement)
        .await
        .context("failed to shape a landing table")
}
