//! Visits to the web site: events, sessions and the daily funnel.

use common::{Sql, db, sql};

use crate::load::Load;

const FILL_WORK_VISITORS: Sql = sql!("warehouse/fill_work_visitors.sql");
const COLLECT_FUNNEL_DAYS: Sql = sql!("warehouse/collect_funnel_days.sql");
const UPSERT_EVENTS: Sql = sql!("warehouse/upsert_fact_web_events.sql");
const UPSERT_SESSIONS: Sql = sql!("warehouse/upsert_fact_web_sessions.sql");
const REFRESH_FUNNEL: Sql = sql!("warehouse/refresh_agg_daily_funnel.sql");

/// What is touched, while the facts still point to the old versions and tell the old days.
pub(crate) async fn collect(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, FILL_WORK_VISITORS, &[&load.after_batch_id]).await?;
    db::count(load.tx, COLLECT_FUNNEL_DAYS, &[]).await?;
    Ok(())
}

/// A late event may join two visits, so all visits of a touched visitor are computed anew.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    load.upsert("warehouse.fact_web_events", UPSERT_EVENTS)
        .await?;
    load.upsert("warehouse.fact_web_sessions", UPSERT_SESSIONS)
        .await?;
    db::count(load.tx, COLLECT_FUNNEL_DAYS, &[]).await?;
    load.upsert("warehouse.agg_daily_funnel", REFRESH_FUNNEL)
        .await
}
