//! Landing tables: shaped like the source, made and widened here.
//!
//! Invariant: a landing table holds the rows of each file's latest version; a snapshot's files of
//! today are the whole table.

use anyhow::Context as _;
use common::{Failure, Sql, db};
use deadpool_postgres::Transaction;
use indexmap::IndexMap;

use crate::columns::landing_shape;
use crate::files::TableFiles;
use crate::source::{Mode, Source, Table};
use crate::sqltext::{identifier, literal};

const LIST_COLUMNS: Sql = common::sql!("stage/list_columns.sql");
const LIST_REPLACED: Sql = common::sql!("stage/list_replaced_files.sql");
const LIST_ABANDONED: Sql = common::sql!("stage/list_abandoned_files.sql");

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

/// Makes the table fit its declaration, and the view of this batch's rows.
///
/// # Errors
/// Exit code 2 when an appending table's column changed its type; its rows would be lost.
pub(crate) async fn prepare(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    table: &Table,
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
    let is_narrower = existing.keys().any(|it| {
        !wanted.contains_key(it) && TECHNICAL_COLUMNS.iter().all(|(name, ..)| name != it)
    });
    match (table.mode, changed) {
        (Mode::Snapshot, changed) if changed.is_some() || is_narrower => {
            // All its rows come again from the files of today.
            run(
                tx,
                &format!("drop table landing.{} cascade", identifier(&name)),
            )
            .await?;
            create(tx, source, &name, &wanted).await
        }
        (Mode::Append | Mode::Upsert, Some((column, kind))) => Err(Failure::usage(format!(
            "column `{table_name}.{column}` is now {kind}, but landing.{name} holds it as {}; an \
             appending table keeps the rows of earlier files, so give the new column another name",
            existing[column]
        ))
        .into()),
        _ => widen(tx, source, &name, &wanted, &existing).await,
    }
}

/// Removes the rows of older versions of the files that this batch brought, and of files that left
/// a snapshot; `new` are the versions of this batch.
///
/// # Errors
/// As the server says.
pub(crate) async fn clear(
    tx: &Transaction<'_>,
    source: &Source,
    files: &TableFiles,
    new: &[i64],
) -> anyhow::Result<()> {
    let brought: Vec<&str> = files.new_files().map(|it| it.relative.as_str()).collect();
    let present: Vec<&str> = files
        .present
        .iter()
        .map(|it| it.relative.as_str())
        .collect();
    let is_snapshot = source.tables[&files.table_name].mode == Mode::Snapshot;
    let parameters: db::Parameters<'_> = &[
        &source.name,
        &files.table_name,
        &brought,
        &present,
        &is_snapshot,
        &new,
    ];
    let old = db::rows(tx, LIST_REPLACED, parameters).await?;
    let old: Vec<i64> = old.iter().map(|row| row.get("file_id")).collect();
    delete_files(tx, &source.landing_table(&files.table_name), &old).await
}

/// Removes the rows of versions that no batch ever published: nothing may be made of them.
///
/// # Errors
/// As the server says.
pub(crate) async fn withdraw_abandoned(
    tx: &Transaction<'_>,
    source: &Source,
) -> anyhow::Result<()> {
    for row in db::rows(tx, LIST_ABANDONED, &[&source.name]).await? {
        let file_ids: Vec<i64> = row.get("file_ids");
        withdraw(tx, source, row.get("table_name"), &file_ids).await?;
    }
    Ok(())
}

/// Removes the rows of some versions of a table's files, once nobody writes them any more.
///
/// # Errors
/// As the server says.
pub(crate) async fn withdraw(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    file_ids: &[i64],
) -> anyhow::Result<()> {
    let name = source.landing_table(table_name);
    if columns_of(tx, "landing", &name).await?.is_empty() {
        return Ok(());
    }
    // A connection of a killed program may still be about to commit; its lock conflicts.
    let lock = format!(
        "lock table landing.{} in share row exclusive mode",
        identifier(&name)
    );
    run(tx, &lock).await?;
    delete_files(tx, &name, file_ids).await
}

async fn delete_files(
    tx: &Transaction<'_>,
    landing_table: &str,
    file_ids: &[i64],
) -> anyhow::Result<()> {
    if file_ids.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "delete from landing.{} where file_id = any($1)",
        identifier(landing_table)
    );
    tx.execute(&statement, &[&file_ids])
        .await
        .with_context(|| format!("failed to remove rows from landing.{landing_table}"))?;
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
