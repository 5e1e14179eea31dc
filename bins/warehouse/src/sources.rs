//! The sources that a load consumes, and from which batch on.

use common::{Sql, db, sql};
use deadpool_postgres::Transaction;

const FILL_WORK_SOURCES: Sql = sql!("warehouse/fill_work_sources.sql");

/// Lists the sources with pending batches; returns the last batch that all of them have behind
/// them, or -1.
pub(crate) async fn take(tx: &Transaction<'_>, is_full: bool) -> anyhow::Result<i64> {
    let row = db::row(tx, FILL_WORK_SOURCES, &[&is_full]).await?;
    Ok(row.try_get("after_batch_id")?)
}
