//! Stock: movements as they happened, and counts at the end of days.

use chrono::NaiveDate;
use common::{Sql, db, sql};

use crate::load::Load;

const FILL_WORK_MOVEMENTS: Sql = sql!("warehouse/fill_work_movements.sql");
const FILL_WORK_INVENTORY_DAYS: Sql = sql!("warehouse/fill_work_inventory_days.sql");
const COLLECT_INVENTORY_DAYS: Sql = sql!("warehouse/collect_inventory_days.sql");
const LIST_INVENTORY_DATES: Sql = sql!("warehouse/list_inventory_dates.sql");
const UPSERT_MOVEMENTS: Sql = sql!("warehouse/upsert_fact_inventory_transactions.sql");
const UPSERT_COUNTS: Sql = sql!("warehouse/upsert_fact_inventory.sql");

/// What is touched, while the facts still point to the old versions and tell the old days.
pub(crate) async fn collect(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, FILL_WORK_MOVEMENTS, &[&load.after_batch_id]).await?;
    db::count(load.tx, FILL_WORK_INVENTORY_DAYS, &[&load.after_batch_id]).await?;
    db::count(load.tx, COLLECT_INVENTORY_DAYS, &[]).await?;
    Ok(())
}

/// Movements first: the days of supply of a count look at sales.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    load.upsert("warehouse.fact_inventory_transactions", UPSERT_MOVEMENTS)
        .await?;
    db::count(load.tx, COLLECT_INVENTORY_DAYS, &[]).await?;
    let row = db::row(load.tx, LIST_INVENTORY_DATES, &[]).await?;
    let bounds: (Option<NaiveDate>, Option<NaiveDate>) =
        (row.try_get("first_date")?, row.try_get("last_date")?);
    let (Some(first_date), Some(last_date)) = bounds else {
        return Ok(());
    };
    load.upsert_between(
        "warehouse.fact_inventory",
        UPSERT_COUNTS,
        first_date,
        last_date,
    )
    .await
}
