//! Where a row came from: batch, run, version of a file, line.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;
use uuid::Uuid;

use super::catalog::identifier;

const FIND_BATCHES: Sql = sql!("orchestrator/find_batches_of_rows.sql");
const FIND_FILES: Sql = sql!("orchestrator/find_files_of_rows.sql");

/// What a row says of its origin.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Place {
    pub(super) batch_id: Option<i64>,
    pub(super) file_id: Option<i64>,
    pub(super) source_line: Option<i64>,
    /// Whether landing still holds that line; null where the source has no landing table.
    pub(super) landing: Option<Landed>,
}

/// A line in landing.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Landed {
    pub(super) table: String,
    pub(super) is_there: bool,
}

/// A batch, as the trace shows it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Batch {
    pub(super) source: String,
    pub(super) state: String,
    pub(super) business_date: NaiveDate,
    pub(super) run_id: Uuid,
    pub(super) run_started_at: DateTime<Utc>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) is_replay: bool,
}

/// A version of a raw file, as the trace shows it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct File {
    pub(super) source: String,
    pub(super) batch_id: i64,
    pub(super) table: String,
    pub(super) path: String,
    pub(super) sha256: String,
    pub(super) version: i64,
    pub(super) state: String,
    pub(super) loaded_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub(super) landing_table: Option<String>,
}

/// All batches and files that the rows of a trace name.
#[derive(Debug, Default, Serialize)]
pub(super) struct Places {
    pub(super) batches: BTreeMap<i64, Batch>,
    pub(super) files: BTreeMap<i64, File>,
}

impl Places {
    /// Looks up what the places name, and whether landing still holds their lines.
    pub(super) async fn read(client: &Object, places: &mut [&mut Place]) -> anyhow::Result<Self> {
        let mut found = Self::default();
        let wanted: BTreeSet<i64> = places.iter().filter_map(|it| it.file_id).collect();
        let wanted: Vec<i64> = wanted.into_iter().collect();
        for row in db::rows(client, FIND_FILES, &[&wanted]).await? {
            let file = File {
                source: row.try_get("source")?,
                batch_id: row.try_get("batch_id")?,
                table: row.try_get("table_name")?,
                path: row.try_get("path")?,
                sha256: row.try_get("content_sha256")?,
                version: row.try_get("version_number")?,
                state: row.try_get("state")?,
                loaded_at: row.try_get("loaded_at")?,
                landing_table: row.try_get("landing_table")?,
            };
            found.files.insert(row.try_get("file_id")?, file);
        }
        let mut batches: BTreeSet<i64> = places.iter().filter_map(|it| it.batch_id).collect();
        batches.extend(found.files.values().map(|it| it.batch_id));
        let wanted: Vec<i64> = batches.into_iter().collect();
        for row in db::rows(client, FIND_BATCHES, &[&wanted]).await? {
            let batch = Batch {
                source: row.try_get("source")?,
                state: row.try_get("state")?,
                business_date: row.try_get("business_date")?,
                run_id: row.try_get("run_id")?,
                run_started_at: row.try_get("run_started_at")?,
                published_at: row.try_get("published_at")?,
                is_replay: row.try_get("is_replay")?,
            };
            found.batches.insert(row.try_get("batch_id")?, batch);
        }
        for place in places {
            place.landing = found.landed(client, place).await?;
        }
        Ok(found)
    }

    async fn landed(&self, client: &Object, place: &Place) -> anyhow::Result<Option<Landed>> {
        let (Some(file_id), Some(line)) = (place.file_id, place.source_line) else {
            return Ok(None);
        };
        let table = self
            .files
            .get(&file_id)
            .and_then(|it| it.landing_table.as_ref());
        let Some(table) = table else { return Ok(None) };
        let query = format!(
            "select exists (select 1 from landing.{} where file_id = $1 and source_line = $2)",
            identifier(table)
        );
        let row = client.query_one(&query, &[&file_id, &line]).await?;
        Ok(Some(Landed {
            table: format!("landing.{table}"),
            is_there: row.try_get(0)?,
        }))
    }
}
