//! Migrations: each file once, in order, one statement per message, under an advisory lock.
//!
//! A file that changed after it was applied is an error: what ran on other machines must be what
//! is written here.

use anyhow::Context as _;
use deadpool_postgres::{Object, Transaction};
use sha2::{Digest as _, Sha256};

use super::db;
use crate::config::hex;
use crate::errors::Failure;
use crate::sql::Sql;

/// In order of their numbers; a test compares the list with the folder.
pub const MIGRATIONS: [Sql; 16] = [
    crate::sql!("migrations/0001_schemas.sql"),
    crate::sql!("migrations/0002_ops.sql"),
    crate::sql!("migrations/0003_staging.sql"),
    crate::sql!("migrations/0004_production.sql"),
    crate::sql!("migrations/0005_warehouse.sql"),
    crate::sql!("migrations/0006_content_hash.sql"),
    crate::sql!("migrations/0007_analytics.sql"),
    crate::sql!("migrations/0008_loading.sql"),
    crate::sql!("migrations/0009_fault_labels.sql"),
    crate::sql!("migrations/0010_quarantine.sql"),
    crate::sql!("migrations/0011_payment_words.sql"),
    crate::sql!("migrations/0012_deletes.sql"),
    crate::sql!("migrations/0013_dimension_history.sql"),
    crate::sql!("migrations/0014_facts.sql"),
    crate::sql!("migrations/0015_lineage.sql"),
    crate::sql!("migrations/0016_incremental.sql"),
];

const LOCK: Sql = crate::sql!("common/lock_migrations.sql");
const CREATE_SCHEMA: Sql = crate::sql!("common/create_ops_schema.sql");
const CREATE_TABLE: Sql = crate::sql!("common/create_migrations_table.sql");
const HAS_TABLE: Sql = crate::sql!("common/has_migrations_table.sql");
const LIST_APPLIED: Sql = crate::sql!("common/list_migrations.sql");
const RECORD: Sql = crate::sql!("common/record_migration.sql");

/// Applies what is missing and returns the names of what it applied.
///
/// # Errors
/// A changed file or a newer schema (exit code 2), or what the server says of a statement.
pub async fn migrate(client: &mut Object) -> anyhow::Result<Vec<&'static str>> {
    if pending(client).await?.is_empty() {
        return Ok(Vec::new());
    }
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    db::execute(&tx, LOCK, &[]).await?;
    // Another program may have been faster.
    db::execute(&tx, CREATE_SCHEMA, &[]).await?;
    db::execute(&tx, CREATE_TABLE, &[]).await?;
    let mut applied = Vec::new();
    for migration in missing(&applied_in(&tx).await?)? {
        apply(&tx, migration).await?;
        applied.push(migration.path);
    }
    tx.commit()
        .await
        .context("failed to commit the migrations")?;
    tracing::info!(?applied, "the schema is up to date");
    Ok(applied)
}

/// For a dry run, which changes nothing: the schema must be there already.
///
/// # Errors
/// Exit code 2 when a migration is missing.
pub async fn check_migrated(client: &Object) -> anyhow::Result<()> {
    let count = pending(client).await?.len();
    if count == 0 {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{count} migrations are missing, and a dry run applies none; run `orchestrator migrate` first"
    ))
    .into())
}

async fn pending(client: &Object) -> anyhow::Result<Vec<Sql>> {
    let has_table: bool = db::row(client, HAS_TABLE, &[]).await?.get(0);
    if !has_table {
        return Ok(MIGRATIONS.to_vec());
    }
    missing(&applied_in(client).await?)
}

async fn applied_in(
    client: &impl deadpool_postgres::GenericClient,
) -> anyhow::Result<Vec<(String, String)>> {
    let rows = db::rows(client, LIST_APPLIED, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// What is to be applied, after a check that what was applied is what is written here.
fn missing(applied: &[(String, String)]) -> anyhow::Result<Vec<Sql>> {
    for (name, sha256) in applied {
        let Some(migration) = MIGRATIONS.iter().find(|it| it.path == name) else {
            return Err(Failure::usage(format!(
                "the database was migrated by a newer version (`{name}`); use that version"
            ))
            .into());
        };
        if sha256_of(migration) != *sha256 {
            return Err(Failure::usage(format!(
                "sql/{name} changed after it was applied; restore it and write a new migration"
            ))
            .into());
        }
    }
    let is_applied = |it: &&Sql| !applied.iter().any(|(name, _)| name == it.path);
    Ok(MIGRATIONS.iter().filter(is_applied).copied().collect())
}

async fn apply(tx: &Transaction<'_>, migration: Sql) -> anyhow::Result<()> {
    tx.batch_execute("set local citus.multi_shard_modify_mode = 'sequential'")
        .await
        .context("failed to prepare the transaction")?;
    for (line, statement) in statements(migration.text) {
        tx.batch_execute(statement)
            .await
            .with_context(|| format!("failed to apply sql/{}, line {line}", migration.path))?;
    }
    let sha256 = sha256_of(&migration);
    db::execute(tx, RECORD, &[&migration.path, &sha256]).await?;
    Ok(())
}

fn sha256_of(migration: &Sql) -> String {
    hex(&Sha256::digest(migration.text.as_bytes()))
}

/// Statements with the lines they start on. A statement ends with `;` at the end of a line
/// outside of dollar quotes.
fn statements(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut start_line, mut offset) = (0, 1, 0);
    let mut is_quoted = false;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        offset += line.len();
        if line.matches("$$").count() % 2 == 1 {
            is_quoted = !is_quoted;
        }
        if !is_quoted && line.trim_end().ends_with(';') {
            found.push((start_line, text[start..offset].trim()));
            (start, start_line) = (offset, index + 2);
        }
    }
    // A rest without its semicolon is run too, so that nothing is passed over in silence.
    if !text[start..].trim().is_empty() {
        found.push((start_line, text[start..].trim()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_of_dollar_quotes() {
        let text = "create table a (b int);\n\ncreate function c() returns void as $$\nbegin;\n\
                    end;\n$$ language sql;\nselect ';' as d;\nselect 1\n";
        let found = statements(text);
        assert_eq!(found.len(), 4);
        assert_eq!(found[3].1, "select 1");
        assert_eq!(found[1].0, 2);
        assert!(found[1].1.ends_with("language sql;"));
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let applied = [(MIGRATIONS[0].path.to_owned(), "0".repeat(64))];
        let error = missing(&applied).expect_err("another hash");
        assert!(error.to_string().contains("changed after it was applied"));
    }
}
