//! Partitions: none missing, some ahead, and a net below.

use crate::production::by_hand::{Shop, order};

const MONTHS: &str = "select string_agg(to_char(month_start, 'YYMM'), ' ' order by month_start)
    from warehouse.monthly_partitions() where fact = 'fact_sales'";

/// Goal: every month between the first and the last fact, and three months after the last fact and
/// after the business date (2026-01-15), have a partition; the net stays empty.
#[tokio::test]
async fn months_are_made_ahead_and_none_is_missing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let business_date = shop.db.context("warehouse").business_date;
    assert_eq!(business_date.to_string(), "2026-01-15");
    shop.publish(&order("T1", "C1", "P1", "2025-01-31T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    // The load needs the month itself; a day each side is for shops that change their time zone.
    let months = shop.lines(MONTHS).await?;
    assert_eq!(
        months,
        [r#"("2501 2502 2503 2504 2505 2601 2602 2603 2604")"#]
    );
    shop.publish(&order("T2", "C1", "P1", "2025-07-15T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(MONTHS).await?,
        [r#"("2501 2502 2503 2504 2505 2506 2507 2508 2509 2510 2601 2602 2603 2604")"#]
    );
    Ok(())
}

/// Goal: a moment that cannot be makes no partitions and falls into the net, and a partition that
/// is made later takes its rows out of there.
#[tokio::test]
async fn the_net_catches_and_gives_back() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(
        &(order("T1", "C1", "P1", "2025-01-15T12:00:00Z")
            + &order("T2", "C1", "P1", "1905-01-15T12:00:00Z")),
    )
    .await?;
    shop.warehouse(false).await?;
    let net = "select transaction_id from warehouse.fact_sales_default";
    assert_eq!(shop.lines(net).await?, ["(T2)"]);
    shop.client
        .batch_execute(
            "select warehouse.add_monthly_partitions('fact_sales', '1905-01-01', '1905-01-01')",
        )
        .await?;
    assert_eq!(shop.lines(net).await?, Vec::<String>::new());
    let facts = "select transaction_id from warehouse.fact_sales order by 1";
    assert_eq!(shop.lines(facts).await?, ["(T1)", "(T2)"]);
    Ok(())
}

/// Goal: partitions ahead wait for another run rather than make readers, or the load, wait.
#[tokio::test]
async fn a_reader_in_the_way_puts_off_the_months_ahead() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let mut reader = shop.db.client().await;
    let reading = reader.transaction().await?;
    reading
        .query("select * from warehouse.fact_web_events", &[])
        .await?;
    shop.publish(&order("T1", "C1", "P1", "2025-01-15T12:00:00Z"))
        .await?;
    let report = shop.warehouse(false).await?;
    assert!(
        report.warnings.iter().any(|it| it.contains("reader")),
        "{report:?}"
    );
    let months = shop.lines(MONTHS).await?;
    assert_eq!(months, ["(2501)"]);
    reading.rollback().await?;
    shop.publish(&order("T2", "C1", "P1", "2025-01-16T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(MONTHS).await?,
        [r#"("2501 2502 2503 2504 2601 2602 2603 2604")"#]
    );
    Ok(())
}
