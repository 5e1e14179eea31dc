//! Rows that leave a landing table: of older versions of files, of files that are gone, of batches
//! that failed, and older versions of rows.

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Transaction;

use super::columns_of;
use crate::files::TableFiles;
use crate::source::{Mode, Source, Table};
use crate::sqltext::identifier;

const LIST_ABANDONED: Sql = common::sql!("stage/list_abandoned_files.sql");
const LIST_SUPERSEDED: Sql = common::sql!("stage/list_superseded_files.sql");

/// Removes the rows of older versions of the batch's files, and of files that left a snapshot, when
/// the rows of `new_file_ids`, the batch's own versions, are there. Returns how many.
///
/// # Errors
/// As the server says.
pub(crate) async fn clear(
    tx: &Transaction<'_>,
    source: &Source,
    files: &TableFiles,
    new_file_ids: &[i64],
) -> anyhow::Result<u64> {
    let is_snapshot = source.tables[&files.table_name].mode == Mode::Snapshot;
    let present = (is_snapshot && !files.is_partial).then(|| files.paths());
    let parameters: db::Parameters<'_> = &[
        &source.name,
        &files.table_name,
        &files.new_paths(),
        &present,
        &new_file_ids,
    ];
    let superseded = db::rows(tx, LIST_SUPERSEDED, parameters).await?;
    let file_ids: Vec<i64> = superseded.iter().map(|row| row.get("file_id")).collect();
    withdraw(tx, source, &files.table_name, &file_ids).await
}

/// Removes the rows of these versions of files. Returns how many.
///
/// # Errors
/// As the server says.
pub(crate) async fn withdraw(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    file_ids: &[i64],
) -> anyhow::Result<u64> {
    let name = source.landing_table(table_name);
    // Without versions there is nothing to look for in a table that may be large.
    if file_ids.is_empty() || columns_of(tx, "landing", &name).await?.is_empty() {
        return Ok(0);
    }
    let statement = format!(
        "delete from landing.{} where file_id = any($1)",
        identifier(&name)
    );
    tx.execute(&statement, &[&file_ids])
        .await
        .with_context(|| format!("failed to remove rows from landing.{name}"))
}

/// Waits until nobody writes the table any more: a connection of a killed program may still be
/// about to commit. Nobody else begins to, until the transaction ends.
///
/// # Errors
/// When a writer holds the table for longer than `lock_timeout_s`.
pub(crate) async fn wait_for_writers(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
) -> anyhow::Result<()> {
    let name = source.landing_table(table_name);
    if columns_of(tx, "landing", &name).await?.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "lock table landing.{} in share row exclusive mode",
        identifier(&name)
    );
    tx.batch_execute(&statement)
        .await
        .with_context(|| format!("failed to wait for the writers of landing.{name}"))
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

/// Removes the rows that a row of these versions replaces: of the same key, and earlier by version
/// and record. Rows without any key stay. Returns how many are gone.
///
/// # Errors
/// As the server says.
pub(crate) async fn remove_superseded(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    table: &Table,
    file_ids: &[i64],
) -> anyhow::Result<u64> {
    if table.key.is_empty() || file_ids.is_empty() {
        return Ok(0);
    }
    let name = source.landing_table(table_name);
    tx.execute(&superseding(&name, &table.key), &[&file_ids])
        .await
        .with_context(|| format!("failed to remove older versions of rows from landing.{name}"))
}

/// Per key the last place among the new rows, then all rows of that key that stand before it.
fn superseding(name: &str, key: &[String]) -> String {
    let table = identifier(name);
    let columns: Vec<String> = key.iter().map(|it| identifier(it)).collect();
    let each = |template: &dyn Fn(&String) -> String, between: &str| {
        let parts: Vec<String> = columns.iter().map(template).collect();
        parts.join(between)
    };
    let grouped = columns.join(", ");
    let is_told = each(&|it| format!("landed.{it} is not null"), " or ");
    let (landed_key, latest_key) = (
        each(&|it| format!("landed.{it}"), ", "),
        each(&|it| format!("latest.{it}"), ", "),
    );
    // Two nulls are the same key, but only an equality can be joined without comparing every pair:
    // the digests find the pairs, and the rows decide.
    let is_same = each(
        &|it| format!("landed.{it} is not distinct from latest.{it}"),
        " and ",
    );
    format!(
        "with latest as materialized (select {grouped}, max(array[landed.file_id, \
         landed.record_number]) as place from landing.{table} as landed where landed.file_id = \
         any($1) and ({is_told}) group by {grouped}) delete from landing.{table} as landed using \
         latest where hash_record_extended(row({landed_key}), 0) = \
         hash_record_extended(row({latest_key}), 0) and {is_same} and array[landed.file_id, \
         landed.record_number] < latest.place"
    )
}
