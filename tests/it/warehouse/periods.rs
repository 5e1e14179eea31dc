//! Hours and categories, which are computed anew only where something changed.

use super::product;
use crate::production::by_hand::{Shop, order};

const HOURS: &str = "select metric_hour at time zone 'UTC', revenue, order_count, avg_order_value,
        unique_customers
    from warehouse.agg_hourly_metrics order by 1";
const CATEGORIES: &str = "select category, period_type, period_start, revenue, profit, units_sold
    from warehouse.agg_category_performance
    where period_type in ('day', 'week', 'year') order by period_type, period_start, category";

/// Goal: a category is the one at the time of sale, its periods are sums of its days, and a load
/// writes only the rows of the hours and days that it touches.
#[tokio::test]
async fn hours_and_categories_follow_what_changes() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let rows = product("P1", "Pen", "4", "2025-01-01Z")
        + &order("T1", "C1", "P1", "2025-03-02T12:10:00Z")
        + &order("T2", "C1", "P1", "2025-03-02T12:59:59Z")
        // Sunday evening in New York, Monday in UTC.
        + &order("T3", "C2", "P1", "2025-03-10T01:00:00Z");
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(HOURS).await?,
        [
            r#"("2025-03-02 12:00:00",40.00,2,20.00,1)"#,
            r#"("2025-03-10 01:00:00",20.00,1,20.00,1)"#,
        ]
    );
    assert_eq!(
        shop.lines(CATEGORIES).await?,
        [
            "(Office,day,2025-03-02,40.00,24.00,4)",
            "(Office,day,2025-03-09,20.00,12.00,2)",
            "(Office,week,2025-02-24,40.00,24.00,4)",
            "(Office,week,2025-03-03,20.00,12.00,2)",
            "(Office,year,2025-01-01,60.00,36.00,6)",
        ]
    );
    // From 5 March on the product is of another category, which only the later order shows.
    let moved = product("P1", "Pen", "4", "2025-03-05Z").replace("'Office'", "'School'");
    shop.publish(&moved).await?;
    let report = shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(CATEGORIES).await?,
        [
            "(Office,day,2025-03-02,40.00,24.00,4)",
            "(School,day,2025-03-09,20.00,12.00,2)",
            "(Office,week,2025-02-24,40.00,24.00,4)",
            "(School,week,2025-03-03,20.00,12.00,2)",
            "(Office,year,2025-01-01,40.00,24.00,4)",
            "(School,year,2025-01-01,20.00,12.00,2)",
        ]
    );
    let hours = report
        .steps
        .iter()
        .find(|it| it.name == "upsert warehouse.agg_hourly_metrics")
        .expect("a step");
    assert_eq!(hours.rows.written(), 0, "{hours:?}");
    // The same moment under another name: no version is new, and yet the category is another.
    let renamed = moved.replace("'School'", "'Learning'");
    shop.publish(&renamed).await?;
    shop.warehouse(false).await?;
    let categories = "select distinct category from warehouse.agg_category_performance order by 1";
    assert_eq!(shop.lines(categories).await?, ["(Learning)", "(Office)"]);
    // An order that is called off takes its hour and day along.
    shop.publish(
        &order("T3", "C2", "P1", "2025-03-10T01:00:00Z")
            .replace("completed", "cancelled")
            .replace("01:00:00Z');", "02:00:00Z');"),
    )
    .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(categories).await?, ["(Office)"]);
    assert_eq!(shop.lines(HOURS).await?.len(), 1);
    Ok(())
}
