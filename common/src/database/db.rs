//! Running the statement of one SQL file, with errors that name the file.

use anyhow::Context as _;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::sql::Sql;

/// Parameters of a statement, `$1` first.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

const LOCK_WRITER: Sql = crate::sql!("common/lock_writer.sql");

/// Runs a statement and returns the number of rows in its command tag.
///
/// # Errors
/// As the server says; names the file.
pub async fn execute(
    client: &impl GenericClient,
    sql: Sql,
    parameters: Parameters<'_>,
) -> anyhow::Result<u64> {
    client
        .execute(sql.text, parameters)
        .await
        .with_context(|| failed(sql))
}

/// Runs a query and returns its rows; for few rows only.
///
/// # Errors
/// As the server says; names the file.
pub async fn rows(
    client: &impl GenericClient,
    sql: Sql,
    parameters: Parameters<'_>,
) -> anyhow::Result<Vec<Row>> {
    client
        .query(sql.text, parameters)
        .await
        .with_context(|| failed(sql))
}

/// Runs a query that returns exactly one row.
///
/// # Errors
/// As the server says, or when there is none or more than one; names the file.
pub async fn row(
    client: &impl GenericClient,
    sql: Sql,
    parameters: Parameters<'_>,
) -> anyhow::Result<Row> {
    client
        .query_one(sql.text, parameters)
        .await
        .with_context(|| failed(sql))
}

/// Runs a statement that ends in `select count(*)`.
///
/// # Errors
/// As [`row`]; also when the first column is no count.
pub async fn count(
    client: &impl GenericClient,
    sql: Sql,
    parameters: Parameters<'_>,
) -> anyhow::Result<u64> {
    let row = row(client, sql, parameters).await?;
    let count: i64 = row.try_get(0).with_context(|| failed(sql))?;
    u64::try_from(count).with_context(|| failed(sql))
}

/// Takes the writer lock until the transaction ends: one publication at a time.
///
/// # Errors
/// When another writer holds it for longer than `lock_timeout_s`.
pub async fn writer_lock(tx: &Transaction<'_>) -> anyhow::Result<()> {
    execute(tx, LOCK_WRITER, &[])
        .await
        .context("failed to wait for the writer lock")?;
    Ok(())
}

/// A count, size or line number as PostgreSQL's `bigint`; they are far below 2^63.
pub fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn failed(sql: Sql) -> String {
    format!("failed to run sql/{}", sql.path)
}
