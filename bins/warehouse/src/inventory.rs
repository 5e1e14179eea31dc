//! Stock: movements as they happened, and counts at the end of days.

use common::{Sql, db, sql};

use crate::load::Load;

const FILL_WORK_MOVEMENTS: Sql = sql!("warehouse/fill_work_movements.sql");
const FILL_WORK_INVENTORY_DAYS: Sql = sql!("warehouse/fill_work_inventory_days.sql");
const COLLECT_INVENTORY_DAYS: Sql = sql!("warehouse/collect_inventory_days.sql");
const UPSERT_MOVEMENTS: Sql = sql!("warehouse/upsert_fact_inventory_transactions.sql");
const UPSERT_COUNTS: Sql = sql!("warehouse/upsert_fact_inventory.sql");

/// What is touched, while the facts still point to the old versions and tell the old days.
pub(crate) async fn collect(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, FILL_WORK_MOVEMENTS, &[]).await?;
    db::count(load.tx, FILL_WORK_INVENTORY_DAYS, &[]).await?;
    db::count(load.tx, COLLECT_INVENTORY_DAYS, &[]).await?;
    Ok(())
}

/// Movements first: the days of supply of a count look at sales.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    load.upsert("warehouse.fact_inventory_transactions", UPSERT_MOVEMENTS)
        .await?;
    db::count(load.tx, COLLECT_INVENTORY_DAYS, &[]).await?;
    load.upsert("warehouse.fact_inventory", UPSERT_COUNTS).await
}
