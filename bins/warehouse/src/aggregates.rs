//! Aggregates: the hours, days, products, customers and categories that a load touches are computed
//! anew from facts.

use chrono::NaiveDate;
use common::{Sql, db, sql};

use crate::load::{Load, SaleDates};

const COLLECT_OF_MEMBERS: Sql = sql!("warehouse/collect_aggregates_of_members.sql");
const COLLECT_OF_FACTS: Sql = sql!("warehouse/collect_aggregates_of_facts.sql");
const COLLECT_PERIODS_OF_MEMBERS: Sql = sql!("warehouse/collect_periods_of_members.sql");
const COLLECT_SALE_PERIODS: Sql = sql!("warehouse/collect_sale_periods.sql");
const LIST_TOUCHED_DATES: Sql = sql!("warehouse/list_touched_dates.sql");
const REFRESH_HOURS: Sql = sql!("warehouse/refresh_agg_hourly_metrics.sql");
const REFRESH_CATEGORY_DAYS: Sql = sql!("warehouse/refresh_agg_category_days.sql");
const REFRESH_CATEGORY_PERIODS: Sql = sql!("warehouse/refresh_agg_category_periods.sql");
const ANALYZE_WORK_PERIODS: Sql = sql!("warehouse/analyze_work_periods.sql");
const ANALYZE_WORK_AGGREGATES: Sql = sql!("warehouse/analyze_work_aggregates.sql");

const REFRESH_DAYS: Sql = sql!("warehouse/refresh_agg_daily_sales.sql");
const REFRESH_PRODUCT_MONTHS: Sql = sql!("warehouse/refresh_agg_monthly_product_sales.sql");

/// Products follow from their months.
const MEMBERS: [(&str, Sql); 2] = [
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
    db::count(load.tx, COLLECT_OF_FACTS, &[&load.sale_dates.days]).await?;
    db::count(load.tx, COLLECT_PERIODS_OF_MEMBERS, &[]).await?;
    db::count(load.tx, COLLECT_SALE_PERIODS, &[&load.sale_dates.days]).await?;
    Ok(())
}

/// Also what they count towards now; then the rows of both.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::count(load.tx, COLLECT_OF_FACTS, &[&load.sale_dates.days]).await?;
    db::count(load.tx, COLLECT_SALE_PERIODS, &[&load.sale_dates.days]).await?;
    db::execute(load.tx, ANALYZE_WORK_AGGREGATES, &[]).await?;
    write_days(load).await?;
    for (relation, sql) in MEMBERS {
        load.upsert(relation, sql).await?;
    }
    write_periods(load).await
}

/// What is summed by day or month of sale.
async fn write_days(load: &mut Load<'_>) -> anyhow::Result<()> {
    let SaleDates {
        days,
        days_of_months,
    } = load.sale_dates.clone();
    load.upsert_with("warehouse.agg_daily_sales", REFRESH_DAYS, &days)
        .await?;
    load.upsert_with(
        "warehouse.agg_monthly_product_sales",
        REFRESH_PRODUCT_MONTHS,
        &days_of_months,
    )
    .await
}

/// Hours, then days of categories, then the longer periods that are their sums.
async fn write_periods(load: &mut Load<'_>) -> anyhow::Result<()> {
    db::execute(load.tx, ANALYZE_WORK_PERIODS, &[]).await?;
    let row = db::row(load.tx, LIST_TOUCHED_DATES, &[]).await?;
    let hour_dates: Vec<NaiveDate> = row.try_get("hour_dates")?;
    let category_dates: Vec<NaiveDate> = row.try_get("category_dates")?;
    load.upsert_with("warehouse.agg_hourly_metrics", REFRESH_HOURS, &hour_dates)
        .await?;
    const CATEGORIES: &str = "warehouse.agg_category_performance";
    load.upsert_with(CATEGORIES, REFRESH_CATEGORY_DAYS, &category_dates)
        .await?;
    load.upsert(CATEGORIES, REFRESH_CATEGORY_PERIODS).await
}
