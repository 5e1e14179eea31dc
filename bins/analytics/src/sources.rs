//! Which sources the warehouse shows, and whether their views and files show the same.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use common::{Sql, db, sql};
use deadpool_postgres::Transaction;

use crate::settings::Settings;
use crate::summary;

const LIST_SOURCES: Sql = sql!("analytics/list_sources.sql");
const FIND_MAIN_CURRENCY: Sql = sql!("analytics/find_main_currency.sql");

/// One source, and how far its exports are.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    /// The warehouse's watermark, which becomes ours.
    pub(crate) batch_id: i64,
    pub(crate) moved_at: DateTime<Utc>,
    /// The warehouse moved since the last export.
    pub(crate) has_changed: bool,
    /// The currency of the exports; none where nothing was sold.
    pub(crate) currency: Option<String>,
    pub(crate) folder: PathBuf,
    /// The files are there and were made with the same settings.
    is_exported: bool,
}

impl Source {
    pub(crate) fn is_due(&self) -> bool {
        self.has_changed || !self.is_exported
    }
}

/// All sources that the warehouse has consumed, by name.
///
/// # Errors
/// What the server says.
pub(crate) async fn list(
    tx: &Transaction<'_>,
    settings: &Settings,
    folder: &Path,
) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for row in db::rows(tx, LIST_SOURCES, &[]).await? {
        let name: String = row.try_get("source")?;
        let own_currency: Option<String> = row.try_get("currency")?;
        let currency = match own_currency {
            Some(currency) => Some(currency),
            None => main_currency(tx, &name).await?,
        };
        let folder = if name == settings.primary_source {
            folder.to_owned()
        } else {
            folder.join(&name)
        };
        let is_exported = summary::is_complete(&folder, &name, settings.mask_names);
        sources.push(Source {
            batch_id: row.try_get("batch_id")?,
            moved_at: row.try_get("moved_at")?,
            has_changed: row.try_get("has_changed")?,
            name,
            currency,
            folder,
            is_exported,
        });
    }
    Ok(sources)
}

async fn main_currency(tx: &Transaction<'_>, source: &str) -> anyhow::Result<Option<String>> {
    let rows = db::rows(tx, FIND_MAIN_CURRENCY, &[&source]).await?;
    Ok(rows
        .first()
        .map(|row| row.try_get("currency"))
        .transpose()?)
}
