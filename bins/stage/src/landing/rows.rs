//! Rows that leave a landing table: of older versions of files, of files that are gone, of batches
//! that failed, and older versions of rows.

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Transaction;

use super::columns_of;
use crate::files::TableFiles;
use crate::source::{Mode, Source, Table};
use crate::sqltext::identifier;

const LIST_UNPUBLISHED: Sql = common::sql!("stage/list_unpublished_files.sql");
const LIST_TO_RESTORE: Sql = common::sql!("stage/list_tables_to_restore.sql");
const FORGET_REPLACED: Sql = common::sql!("stage/forget_replaced_rows.sql");
const LOCK_QUARANTINE: Sql = common::sql!("stage/lock_quarantine.sql");
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
    delete_rows(tx, "landing", &name, file_ids).await
}

/// Removes the rows that a load brought and did not finish, once nobody writes any more: a
/// connection of a killed program may still be about to commit, and its lock conflicts.
///
/// # Errors
/// When a writer holds a table for longer than `lock_timeout_s`.
pub(crate) async fn withdraw_unfinished(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    file_ids: &[i64],
) -> anyhow::Result<()> {
    db::execute(tx, LOCK_QUARANTINE, &[]).await?;
    let entity = source
        .tables
        .get(table_name)
        .and_then(|it| it.entity.clone());
    let (schema, name) = match entity {
        Some(entity) => ("staging", entity),
        None => ("landing", source.landing_table(table_name)),
    };
    if columns_of(tx, schema, &name).await?.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "lock table {schema}.{} in share row exclusive mode",
        identifier(&name)
    );
    tx.batch_execute(&statement)
        .await
        .with_context(|| format!("failed to wait for the writers of {schema}.{name}"))?;
    delete_rows(tx, schema, &name, file_ids).await.map(drop)
}

async fn delete_rows(
    tx: &Transaction<'_>,
    schema: &str,
    name: &str,
    file_ids: &[i64],
) -> anyhow::Result<u64> {
    let statement = format!(
        "delete from {schema}.{} where file_id = any($1)",
        identifier(name)
    );
    tx.execute(&statement, &[&file_ids])
        .await
        .with_context(|| format!("failed to remove rows from {schema}.{name}"))
}

/// Removes the rows of versions that no batch ever published: nothing may be made of them.
///
/// # Errors
/// As the server says.
pub(crate) async fn withdraw_unpublished(
    tx: &Transaction<'_>,
    source: &Source,
) -> anyhow::Result<()> {
    for row in db::rows(tx, LIST_UNPUBLISHED, &[&source.name]).await? {
        let file_ids: Vec<i64> = row.get("file_ids");
        withdraw(tx, source, row.get("table_name"), &file_ids).await?;
    }
    Ok(())
}

/// Removes the rows that a newer row of their key replaces, for the keys that these versions of
/// files bring. Newer is a later day of the file, then a later version, then a later record. Rows
/// without any key stay. Replaced rows of earlier batches are kept aside until this batch is
/// published. Returns how many are gone.
///
/// # Errors
/// As the server says.
pub(crate) async fn remove_superseded(
    tx: &Transaction<'_>,
    source: &Source,
    table_name: &str,
    table: &Table,
    batch_id: i64,
    file_ids: &[i64],
) -> anyhow::Result<u64> {
    if table.key.is_empty() || file_ids.is_empty() {
        return Ok(0);
    }
    let name = source.landing_table(table_name);
    let parameters: db::Parameters<'_> = &[&file_ids, &batch_id, &source.name, &table_name];
    let explain = || format!("failed to remove older versions of rows from landing.{name}");
    let statement = superseding(&name, &table.key);
    let row = tx
        .query_one(&statement, parameters)
        .await
        .with_context(explain)?;
    u64::try_from(row.get::<_, i64>(0)).with_context(explain)
}

/// Puts back the rows that batches replaced which were never published.
///
/// # Errors
/// As the server says.
pub(crate) async fn restore_replaced(tx: &Transaction<'_>, source: &Source) -> anyhow::Result<()> {
    for row in db::rows(tx, LIST_TO_RESTORE, &[&source.name]).await? {
        let table_name: &str = row.get("table_name");
        let name = source.landing_table(table_name);
        if columns_of(tx, "landing", &name).await?.is_empty() {
            continue;
        }
        let table = identifier(&name);
        let statement = format!(
            "insert into landing.{table} select restored.* from ops.replaced_rows inner join \
             ops.batches on batches.batch_id = replaced_rows.batch_id cross join lateral \
             jsonb_populate_record(null::landing.{table}, replaced_rows.landed_row) as restored \
             where replaced_rows.source = $1 and replaced_rows.table_name = $2 and batches.state \
             <> 'published'"
        );
        tx.execute(&statement, &[&source.name, &table_name])
            .await
            .with_context(|| format!("failed to put rows back into landing.{name}"))?;
    }
    db::execute(tx, FORGET_REPLACED, &[&source.name]).await?;
    Ok(())
}

/// All rows of the keys that the files bring, numbered from the newest of their key: all but the
/// first go.
fn superseding(name: &str, key: &[String]) -> String {
    let table = identifier(name);
    let columns: Vec<String> = key.iter().map(|it| identifier(it)).collect();
    let each = |template: &dyn Fn(&String) -> String, between: &str| {
        let parts: Vec<String> = columns.iter().map(template).collect();
        parts.join(between)
    };
    let brought_key = each(&|it| format!("landed.{it}"), ", ");
    let is_told = each(&|it| format!("landed.{it} is not null"), " or ");
    // Two nulls are the same key, but only an equality can be joined without comparing every pair:
    // the digests find the pairs, and the rows decide.
    let is_same = each(
        &|it| format!("landed.{it} is not distinct from brought.{it}"),
        " and ",
    );
    let digest_of = |row: &str| {
        let key = each(&|it| format!("{row}.{it}"), ", ");
        format!("hash_record_extended(row({key}), 0)")
    };
    let (landed, brought) = (digest_of("landed"), digest_of("brought"));
    format!(
        "with brought as materialized (select distinct {brought_key} from landing.{table} as landed \
         where landed.file_id = any($1) and ({is_told})), numbered as materialized (select \
         landed.file_id, landed.record_number, row_number() over (partition by {brought_key} order \
         by raw_files.business_date desc nulls last, landed.file_id desc, landed.record_number desc) \
         as age from landing.{table} as landed inner join brought on {landed} = {brought} and \
         {is_same} inner join ops.raw_files on raw_files.file_id = landed.file_id), replaced as \
         (delete from landing.{table} as landed using numbered where landed.file_id = \
         numbered.file_id and landed.record_number = numbered.record_number and numbered.age > 1 \
         returning landed.*), kept as (insert into ops.replaced_rows (batch_id, source, table_name, \
         landed_row) select $2, $3, $4, to_jsonb(replaced) from replaced where not \
         replaced.file_id = any($1)) select count(*) from replaced"
    )
}
