//! An entry of quarantine as people see it: keys and rule names, and no other value.

use chrono::{DateTime, Utc};
use common::{Failure, Sql, db, sql};
use deadpool_postgres::GenericClient;
use serde::Serialize;
use tokio_postgres::Row;

const FIND_ENTRIES: Sql = sql!("quality/find_entries.sql");

/// Everything about an entry but the row itself.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) quarantine_id: i64,
    pub(crate) batch_id: i64,
    pub(crate) source: String,
    pub(crate) dataset: String,
    pub(crate) natural_key: Option<String>,
    pub(crate) source_file: String,
    pub(crate) source_line: Option<i64>,
    /// The program that refused it.
    pub(crate) stage: String,
    pub(crate) rules: Vec<String>,
    pub(crate) severity: String,
    pub(crate) caused_by: Option<String>,
    pub(crate) first_seen_at: DateTime<Utc>,
    pub(crate) last_seen_at: DateTime<Utc>,
    pub(crate) attempts: i32,
    pub(crate) status: String,
    pub(crate) resolved_by: Option<String>,
    pub(crate) previous_id: Option<i64>,
    pub(crate) batch_state: String,
}

impl Entry {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            quarantine_id: row.try_get("quarantine_id")?,
            batch_id: row.try_get("batch_id")?,
            source: row.try_get("source")?,
            dataset: row.try_get("dataset")?,
            natural_key: row.try_get("natural_key")?,
            source_file: row.try_get("source_file")?,
            source_line: row.try_get("source_line")?,
            stage: row.try_get("stage")?,
            rules: row.try_get("rules")?,
            severity: row.try_get("severity")?,
            caused_by: row.try_get("caused_by")?,
            first_seen_at: row.try_get("first_seen_at")?,
            last_seen_at: row.try_get("last_seen_at")?,
            attempts: row.try_get("attempts")?,
            status: row.try_get("status")?,
            resolved_by: row.try_get("resolved_by")?,
            previous_id: row.try_get("previous_id")?,
            batch_state: row.try_get("batch_state")?,
        })
    }

    /// `transaction_items.csv:17`.
    pub(crate) fn place(&self) -> String {
        place(&self.source_file, self.source_line)
    }
}

/// `transaction_items.csv:17`, or the file alone.
pub(crate) fn place(file: &str, line: Option<i64>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

/// The entries with these numbers.
///
/// # Errors
/// Exit code 2 where one of them does not exist.
pub(crate) async fn find(
    client: &impl GenericClient,
    numbers: &[i64],
) -> anyhow::Result<Vec<Entry>> {
    let entries = db::rows(client, FIND_ENTRIES, &[&numbers])
        .await?
        .iter()
        .map(Entry::from_row)
        .collect::<anyhow::Result<Vec<Entry>>>()?;
    let is_known = |number: &i64| entries.iter().any(|it| it.quarantine_id == *number);
    if let Some(unknown) = numbers.iter().find(|number| !is_known(number)) {
        let message = format!(
            "quarantine has no entry {unknown}\n  hint: `quality quarantine list --status any` \
             shows their numbers"
        );
        return Err(Failure::usage(message).into());
    }
    Ok(entries)
}
