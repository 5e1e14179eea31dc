//! Counts of shelves against the movements between them.

use super::shop::{EARLIER, LINEAGE, Shop};

impl Shop {
    /// A count of product `K1` at the end of a day.
    async fn count(&self, row_id: usize, store: &str, day: &str, quantity: i32) {
        self.execute(&format!(
            "insert into staging.inventory_snapshots values ('shop', '{day}', 'K1', '{store}',
                {quantity}, 1, 1, {row_id}, 7, {row_id}, '2026-01-15T02:00Z')"
        ))
        .await;
    }

    async fn movement(&self, row_id: usize, store: &str, at: &str, quantity: &str) {
        self.execute(&format!(
            "insert into staging.inventory_movements
                (source, movement_id, product_id, store_id, movement_type, quantity, moved_at,
                    batch_id, row_id, file_id, source_line, loaded_at)
            values ('shop', 'M{row_id}', 'K1', '{store}', 'sale', {quantity}, '{at}', 1, {row_id}, 7,
                {row_id}, '2026-01-15T02:00Z')"
        ))
        .await;
    }

    async fn judge_stock(&self) {
        self.execute(
            "insert into ops.ledger (batch_id, layer, dataset, rows_staged)
                values (1, 'staging', 'inventory_snapshots', 9),
                    (1, 'staging', 'inventory_movements', 9);
            update staging.retailers set time_zone = 'America/New_York'",
        )
        .await;
        quality::run(&self.ctx, &quality::Options::default())
            .await
            .expect("a verdict");
    }

    async fn is_unbalanced(&self, row_id: usize) -> bool {
        let verdict = self.verdict("inventory_snapshots", row_id).await;
        assert!(!verdict.starts_with("quarantined"), "{verdict}");
        verdict.contains("inventory_snapshots.balanced")
    }
}

/// Goal: a count is the one before it and the movements since, by the shop's own days.
/// Method: shelves that balance, that lost a movement, and with one odd count among sound ones.
#[tokio::test]
async fn a_count_follows_from_the_one_before_it() {
    let shop = Shop::with_orders(1).await;
    // In New York both are movements of the 2nd of March.
    shop.movement(1, "S1", "2025-03-02T05:00Z", "-3").await;
    shop.movement(2, "S1", "2025-03-03T04:59:59Z", "10").await;
    shop.movement(3, "S1", "2025-03-05T12:00Z", "-1").await;
    for (row_id, day, quantity) in [
        (1, "2025-03-01", 5),
        (2, "2025-03-02", 12),
        (3, "2025-03-05", 11),
        (4, "2025-03-06", 9),
        (5, "2025-03-07", 9),
    ] {
        shop.count(row_id, "S1", day, quantity).await;
    }
    for (row_id, day, quantity) in [
        (6, "2025-03-01", 5),
        (7, "2025-03-02", 50),
        (8, "2025-03-03", 5),
    ] {
        shop.count(row_id, "S2", day, quantity).await;
    }
    shop.judge_stock().await;
    // Two units went on the 6th and nobody wrote it down; after the odd 50 all is as before.
    let expected = [false, false, false, true, false, false, true, false];
    for (index, expected) in expected.into_iter().enumerate() {
        assert_eq!(
            shop.is_unbalanced(index + 1).await,
            expected,
            "{}",
            index + 1
        );
    }
}

/// Goal: a count is compared with production's last one and the movements since, each once.
/// Method: two shelves with a count and a movement in production, which comes once more.
#[tokio::test]
async fn a_count_follows_from_production() {
    let shop = Shop::with_orders(1).await;
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'America/New_York', {EARLIER});
        insert into production.products (source, product_id, {LINEAGE})
            values ('shop', 'K1', {EARLIER});
        insert into production.stores (source, store_id, {LINEAGE})
            values ('shop', 'S1', {EARLIER}), ('shop', 'S2', {EARLIER});
        insert into production.inventory_snapshots
            (source, snapshot_date, product_id, store_id, quantity_on_hand, {LINEAGE})
            values ('shop', '2025-03-01', 'K1', 'S1', 5, {EARLIER}),
                ('shop', '2025-03-01', 'K1', 'S2', 5, {EARLIER});
        insert into production.inventory_movements
            (source, movement_id, product_id, store_id, quantity, moved_at, {LINEAGE})
            values ('shop', 'M1', 'K1', 'S1', -1, '2025-03-02T12:00Z', {EARLIER}),
                ('shop', 'M8', 'K1', 'S2', -1, '2025-03-02T12:00Z', {EARLIER}),
                ('shop', 'M9', 'K1', 'S2', -4, '2025-02-28T12:00Z', {EARLIER})"
    ))
    .await;
    shop.movement(1, "S1", "2025-03-02T12:00Z", "-1").await;
    shop.movement(2, "S1", "2025-03-03T12:00Z", "-1").await;
    shop.count(1, "S1", "2025-03-03", 3).await;
    shop.count(2, "S2", "2025-03-03", 5).await;
    shop.judge_stock().await;
    assert!(!shop.is_unbalanced(1).await);
    assert!(shop.is_unbalanced(2).await);
}

/// Goal: a movement that was refused makes no sound count look odd.
/// Method: one movement without a quantity, one that did not parse; on a third shelf nothing is
/// known to be missing.
#[tokio::test]
async fn a_refused_movement_is_no_fault_of_the_count() {
    let shop = Shop::with_orders(1).await;
    shop.movement(1, "S1", "2025-03-02T12:00Z", "null").await;
    shop.execute(
        "insert into ops.quarantine (batch_id, source, dataset, source_file, record_number, stage,
            rules, severity, raw, first_seen_at, last_seen_at)
        values (1, 'shop', 'movements', 'movements.csv', 7, 'stage', '{type}', 'error',
            'M7,K1,S2,sale,twelve', '2026-01-15Z', '2026-01-15Z')",
    )
    .await;
    for (index, store) in ["S1", "S2", "S3"].into_iter().enumerate() {
        shop.count(2 * index + 1, store, "2025-03-01", 5).await;
        shop.count(2 * index + 2, store, "2025-03-02", 4).await;
    }
    shop.judge_stock().await;
    assert!(!shop.is_unbalanced(2).await);
    assert!(!shop.is_unbalanced(4).await);
    assert!(shop.is_unbalanced(6).await);
}
