//! What a fact says of its order: profit in the order's currency, and the moment of an undated one.

use super::{FACT_CITIES, TABLES, customer, product};
use crate::production::by_hand::{Shop, order};

/// Goal: profit never mixes two currencies.
/// Method: a product without a currency, then with another one than the order's, then the same.
#[tokio::test]
async fn a_cost_in_another_currency_brings_no_profit() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let sold = order("T1", "C1", "P1", "2025-02-01T12:00:00Z");
    shop.publish(&(product("P1", "Pen", "4", "2025-01-01Z") + &sold))
        .await?;
    shop.warehouse(false).await?;
    let profits = "select cost_amount, profit from warehouse.fact_sales";
    let totals = "select total_revenue, total_profit from warehouse.agg_daily_sales";
    assert_eq!(shop.lines(profits).await?, ["(8,12.00)"]);
    for (currency, profit, total) in [
        ("EUR", "(,)", "(20.00,)"),
        ("usd", "(8,12.00)", "(20.00,12.00)"),
    ] {
        let priced = format!(
            "insert into staging.products
                 (product_id, product_name, category, price, cost, currency, updated_at)
             values ('P1', 'Pen', 'Office', 60, 4, '{currency}', '2025-01-01Z');"
        );
        shop.publish(&priced).await?;
        shop.warehouse(false).await?;
        assert_eq!(shop.lines(profits).await?, [profit], "{currency}");
        assert_eq!(shop.lines(totals).await?, [total], "{currency}");
    }
    Ok(())
}

/// Goal: an order without a moment is of the first moment of its day in its shop, not in UTC.
/// Method: a shop in New York, and a customer who moves between the two midnights.
#[tokio::test]
async fn an_order_without_a_moment_is_of_the_shops_midnight() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let undated = order("T1", "C1", "P1", "2026-01-15T12:00Z")
        .replace("'2026-01-15T12:00Z', 'completed'", "null, 'completed'");
    shop.publish(&(customer("C1", Some("Rome"), "2025-01-01Z") + &undated))
        .await?;
    shop.warehouse(false).await?;
    let dated = "select sale_date, transaction_at from warehouse.fact_sales";
    assert_eq!(shop.lines(dated).await?, ["(2026-01-15,)"]);
    assert_eq!(shop.lines(FACT_CITIES).await?, ["(T1,Rome)"]);
    // New York's midnight is five o'clock in UTC.
    shop.publish(&customer("C1", Some("Paris"), "2026-01-15T04:59Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(FACT_CITIES).await?, ["(T1,Paris)"]);
    shop.publish(&customer("C1", Some("Oslo"), "2026-01-15T05:01Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(FACT_CITIES).await?, ["(T1,Paris)"]);
    let before = shop.state_of(&TABLES).await?;
    assert_eq!(shop.warehouse(true).await?.rows().written(), 0);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    Ok(())
}
