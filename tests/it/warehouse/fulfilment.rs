//! An order from the click to the door, in several shipments and payments.

use super::{TABLES, customer};
use crate::production::by_hand::{Shop, order};

fn shipment(id: &str, shipped: &str, delivered: Option<&str>, promised: &str) -> String {
    let delivered = delivered.map_or("null".to_owned(), |it| format!("'{it}'"));
    format!(
        "insert into staging.shipments
             (transaction_id, shipment_id, shipped_at, delivered_at, estimated_delivery_at)
         values ('T1', '{id}', '{shipped}', {delivered}, '{promised}');"
    )
}

fn payment(sequence: u32, amount: &str, status: &str, paid: &str) -> String {
    format!(
        "insert into staging.payments
             (transaction_id, payment_sequence, amount, status, paid_at)
         values ('T1', {sequence}, {amount}, '{status}', '{paid}');"
    )
}

const MILESTONES: &str = "select paid_date_key, shipped_date_key, delivered_date_key,
        promised_date_key, order_to_payment_days, payment_to_shipment_days,
        shipment_to_delivery_days, order_to_delivery_days, delivery_delay_days, is_late,
        shipped_count, delivered_count
    from warehouse.fact_fulfilment where transaction_id = 'T1'";

/// Goal: an order is paid when its payments cover it, shipped with its first shipment and delivered
/// with its last; what comes later changes this order and no other.
#[tokio::test]
async fn milestones_follow_payments_and_shipments() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let orders = order("T1", "C1", "P1", "2025-03-01T12:00:00Z")
        .replace("updated_at)", "total_amount, updated_at)")
        .replace("'Credit Card', '", "'Credit Card', 100, '")
        + &order("T2", "C1", "P1", "2025-03-01T12:00:00Z")
        + &customer("C1", Some("Rome"), "2025-01-01Z");
    let rows = orders
        + &payment(1, "100", "failed", "2025-03-01T12:00Z")
        + &payment(2, "40", "paid", "2025-03-01T18:00Z");
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    let first = "(20250301,-2,-2,-2,0.2500,,,,,,0,0)";
    assert_eq!(shop.lines(MILESTONES).await?, [first]);
    let stamps = "select loaded_at from warehouse.fact_fulfilment where transaction_id = 'T2'";
    let stamp = shop.lines(stamps).await?;

    // The rest at 23:00 of 2 March in New York; one of two shipments is on its way.
    let rows = payment(3, "60", "paid", "2025-03-03T04:00Z")
        + &shipment(
            "A",
            "2025-03-04T12:00Z",
            Some("2025-03-06T12:00Z"),
            "2025-03-07T12:00Z",
        )
        + &shipment("B", "2025-03-05T12:00Z", None, "2025-03-08T00:00Z");
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(MILESTONES).await?,
        ["(20250302,20250304,-2,20250307,1.6667,1.3333,,,,,2,1)"]
    );
    let rows = shipment(
        "B",
        "2025-03-05T12:00Z",
        Some("2025-03-08T12:00Z"),
        "2025-03-08T00:00Z",
    );
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(MILESTONES).await?,
        ["(20250302,20250304,20250308,20250307,1.6667,1.3333,4.0000,7.0000,0.5000,t,2,2)"]
    );
    assert_eq!(shop.lines(stamps).await?, stamp);
    let before = shop.state_of(&TABLES).await?;
    assert_eq!(shop.warehouse(true).await?.rows().written(), 0);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    re_keyed_and_deleted(&mut shop).await
}

async fn re_keyed_and_deleted(shop: &mut Shop) -> anyhow::Result<()> {
    shop.publish(&customer("C1", Some("Oslo"), "2025-02-01Z"))
        .await?;
    shop.client
        .batch_execute(
            "update production.transactions set is_deleted = true,
                 batch_id = (select max(batch_id) from ops.batches) where transaction_id = 'T1'",
        )
        .await?;
    shop.warehouse(false).await?;
    let orders = "select transaction_id, city from warehouse.fact_fulfilment
                  join warehouse.dim_customers using (customer_key)";
    assert_eq!(shop.lines(orders).await?, ["(T2,Oslo)"]);
    Ok(())
}
