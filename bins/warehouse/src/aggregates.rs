//! Aggregates: the days, products and customers that a load touches are computed anew from facts.

use common::{Sql, db, sql};

use crate::load::Load;

const COLLECT_OF_MEMBERS: Sql = sql!("warehouse/collect_aggregates_of_members.sql");
const COLLECT_OF_FACTS: Sql = sql!("warehouse/collect_aggregates_of_facts.sql");
const ANALYZE_WORK_AGGREGATES: Sql = sql!("warehouse/analyze_work_aggregates.sql");

const MODELS: [(&str, Sql); 3] = [
    (
        "warehouse.agg_daily_sales",
        sql!("warehouse/refresh_agg_daily_sales.sql"),
    ),
    (
        "warehouse.agg_product_performance",
        sql!("warehouse/refresh_agg_product_performance.sql"),
    ),
    (
        "warehouse.agg_customer_metrics",
        sql!("warehouse/refresh_agg_customer_metrics.sql"),
    ),
];

/// What the facts counted towards until now.
pub(crate) async fn collect_before(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, COLLECT_OF_MEMBERS, &[]).await?;
    db::count(load.tx, COLLECT_OF_FACTS, &[]).await?;
    Ok(())
}

/// Also what they count towards now; then the rows of both.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, COLLECT_OF_FACTS, &[]).await?;
    db::execute(load.tx, ANALYZE_WORK_AGGREGATES, &[]).await?;
    for (relation, sql) in MODELS {
        load.upsert(relation, sql).await?;
    }
    Ok(())
}
