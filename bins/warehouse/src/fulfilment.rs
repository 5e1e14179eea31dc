//! Orders on their way from the click to the door.

use common::{Sql, db, sql};

use crate::load::Load;

const FILL_WORK_FULFILMENTS: Sql = sql!("warehouse/fill_work_fulfilments.sql");
const UPSERT_FULFILMENT: Sql = sql!("warehouse/upsert_fact_fulfilment.sql");

/// What is touched, while the facts still point to the old versions.
pub(crate) async fn collect(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, FILL_WORK_FULFILMENTS, &[&load.after_batch_id]).await?;
    Ok(())
}

/// Runs after `dim_locations` knows where the orders go.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    load.upsert("warehouse.fact_fulfilment", UPSERT_FULFILMENT)
        .await
}
