//! Rows that depend on each other: orders, copies and versions.

use common::Status;

use super::shop::{SAME, Shop, copy_row};

/// Goal: an order is published whole or not at all, and causes are told from consequences.
#[tokio::test]
async fn a_bad_line_holds_its_whole_order_back() {
    let shop = Shop::with_orders(200).await;
    shop.execute("update staging.transaction_items set quantity = 0 where row_id = 5")
        .await;
    shop.execute("update staging.transactions set total_amount = 7 where row_id = 6")
        .await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Succeeded);
    let held = shop
        .db
        .rows(
            "select dataset, verdict, caused_by from ops.rejections
            where row_id = 5 order by dataset",
        )
        .await;
    let text = |text: &str| Some(text.to_owned());
    let cause = text("transaction_items K5/1");
    assert_eq!(
        held,
        [
            vec![text("payments"), text("consequence"), cause.clone()],
            vec![text("shipments"), text("consequence"), cause.clone()],
            vec![text("transaction_items"), text("quarantined"), None],
            vec![text("transactions"), text("consequence"), cause],
        ]
    );
    let cause = shop
        .text(
            "select caused_by from ops.rejections
        where dataset = 'transaction_items' and row_id = 6",
        )
        .await;
    assert_eq!(cause, "transactions K6");
    // Causes are in quarantine with their place in the file and the row itself.
    let entries = shop
        .db
        .rows(
            "select dataset, natural_key, source_file, source_line::text, payload ->> 'product_id',
                array_to_string(rules, ',')
            from ops.quarantine where caused_by is null order by dataset",
        )
        .await;
    assert_eq!(entries.len(), 2);
    assert_eq!(
        entries[0],
        [
            text("transaction_items"),
            text("K5/1"),
            text("orders.csv"),
            text("6"),
            text("K5"),
            text("transaction_items.quantity.not_zero,transaction_items.total_consistent"),
        ]
    );
    let ledger = shop
        .text(
            "select string_agg(
                concat_ws('/', dataset, rows_quarantined, rows_consequence, rows_superseded),
                ' ' order by dataset
            )
            from ops.ledger where dataset like 'trans%'",
        )
        .await;
    assert_eq!(ledger, "transaction_items/1/1/0 transactions/1/1/0");
}

/// Goal: of each key one row stays; copies and older versions are told from conflicts.
#[tokio::test]
async fn of_each_key_one_row_stays() {
    let shop = Shop::with_orders(300).await;
    let older = "updated_at = '2025-01-01Z', city = 'Paris'";
    let newer = "updated_at = '2025-08-01Z', status = 'paid'";
    copy_row(&shop, "customers", 1, 1001, SAME).await;
    copy_row(&shop, "customers", 2, 1002, older).await;
    copy_row(&shop, "customers", 3, 1003, "city = 'Paris'").await;
    copy_row(&shop, "transactions", 4, 1004, newer).await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Succeeded, "{:?}", report.warnings);
    let expected = [
        // The last line of an exact copy stays.
        ("customers", 1, "superseded: customers.duplicate"),
        ("customers", 1001, ""),
        // An older version is history where history is kept.
        ("customers", 2, ""),
        ("customers", 1002, "superseded: customers.older_version"),
        ("customers", 3, "quarantined: customers.customer_id.unique"),
        ("customers", 1003, ""),
        ("transactions", 4, "superseded: transactions.duplicate"),
        ("transactions", 1004, ""),
    ];
    for (table, row_id, verdict) in expected {
        assert_eq!(
            shop.verdict(table, row_id).await,
            verdict,
            "{table} {row_id}"
        );
    }
    let query =
        "select string_agg(natural_key, ' ' order by dataset, natural_key) from ops.quarantine";
    assert_eq!(
        shop.text(query).await,
        "K1 K3 K4",
        "older versions of customers are no faults"
    );
    let query = "select unexpected_count from ops.check_results
        where check_id = 'customers.duplicate'";
    assert_eq!(
        shop.db.number(query).await,
        1,
        "an older version is no duplicate"
    );
}

/// Goal: a version without a time of change is of the shop's midnight of its file's day, else of the
/// batch's, as in the change logs of production.
/// Method: a shop in New York, whose midnight is five o'clock in UTC, and dated versions around it.
#[tokio::test]
async fn a_version_without_a_moment_is_of_the_shops_midnight() {
    let shop = Shop::with_orders(300).await;
    shop.execute("update staging.retailers set time_zone = 'America/New_York'")
        .await;
    let dated = [(1, "2026-01-15T02:00Z"), (2, "2026-01-15T06:00Z")];
    for (row_id, moment) in dated {
        shop.execute(&format!(
            "update staging.customers set updated_at = null where row_id = {row_id}"
        ))
        .await;
        let change = format!("updated_at = '{moment}', city = 'Paris'");
        copy_row(&shop, "customers", row_id, 1000 + row_id, &change).await;
    }
    // No file: the day of the batch.
    shop.execute("update staging.customers set updated_at = null, file_id = null where row_id = 3")
        .await;
    let change = "updated_at = '2025-12-31T00:00Z', city = 'Paris'";
    copy_row(&shop, "customers", 3, 1003, change).await;
    shop.judge().await;
    let older = "superseded: customers.older_version";
    for (row_id, verdict) in [
        (1, ""),
        (1001, older),
        (2, older),
        (1002, ""),
        (3, ""),
        (1003, older),
    ] {
        assert_eq!(shop.verdict("customers", row_id).await, verdict, "{row_id}");
    }
}

/// Goal: copies and conflicts inside an order do not break it.
#[tokio::test]
async fn a_repeated_line_or_header_does_not_break_its_order() {
    let shop = Shop::with_orders(300).await;
    copy_row(&shop, "transaction_items", 5, 1005, SAME).await;
    copy_row(&shop, "transactions", 6, 1006, "status = 'paid'").await;
    copy_row(
        &shop,
        "transaction_items",
        7,
        1007,
        "unit_price = 5, discount_percentage = 0",
    )
    .await;
    shop.execute(
        "update staging.transaction_items set line_total = 10 where row_id = 1007;
        update staging.transactions set total_amount = 14 where row_id = 7",
    )
    .await;
    shop.judge().await;
    let expected = [
        // A second copy of a line is not counted twice in its order's total.
        (
            "transaction_items",
            5,
            "superseded: transaction_items.duplicate",
        ),
        ("transactions", 5, ""),
        // Of a conflict the last line stands: for its order, and for its order's total.
        (
            "transactions",
            6,
            "quarantined: transactions.transaction_id.unique",
        ),
        ("transactions", 1006, ""),
        ("transaction_items", 6, ""),
        (
            "transaction_items",
            7,
            "quarantined: transaction_items.unique",
        ),
        ("transaction_items", 1007, ""),
        ("transactions", 7, ""),
    ];
    for (table, row_id, verdict) in expected {
        assert_eq!(
            shop.verdict(table, row_id).await,
            verdict,
            "{table} {row_id}"
        );
    }
}

/// A bad newer version hides no good older one.
#[tokio::test]
async fn a_version_that_is_refused_supersedes_nothing() {
    let shop = Shop::with_orders(50).await;
    copy_row(
        &shop,
        "products",
        1,
        1001,
        "updated_at = '2025-12-01Z', price = -1",
    )
    .await;
    shop.judge().await;
    assert_eq!(shop.verdict("products", 1).await, "");
    assert!(
        shop.verdict("products", 1001)
            .await
            .starts_with("quarantined")
    );
}

/// Goal: judging again, after a crash or a mended contract, gives one verdict and no second copy.
#[tokio::test]
async fn judging_again_gives_the_same_verdict_once() {
    let shop = Shop::with_orders(200).await;
    shop.execute("update staging.transaction_items set quantity = 0 where row_id = 5")
        .await;
    let query = "select concat_ws('/', (select count(*) from ops.rejections),
        (select count(*) from ops.quarantine), (select count(*) from ops.check_results),
        (select count(*) from ops.quality_runs), (select state from ops.batches))";
    shop.judge().await;
    let first = shop.text(query).await;
    shop.execute("update ops.batches set state = 'staged'")
        .await;
    shop.judge().await;
    assert_eq!(shop.text(query).await, first);
    assert!(
        first.starts_with("4/4/") && first.ends_with("/1/passed"),
        "{first}"
    );
}

/// What stage refused keeps its entry, and its number is not taken twice.
#[tokio::test]
async fn entries_of_stage_stay_beside_those_of_quality() {
    let shop = Shop::with_orders(200).await;
    shop.execute(
        "insert into ops.quarantine (batch_id, source, dataset, source_file, record_number, stage,
            rules, severity, first_seen_at, last_seen_at)
        values (1, 'shop', 'transaction_items', 'orders.csv', 5, 'stage', '{bad_number}', 'error',
            '2026-01-15Z', '2026-01-15Z');
        update staging.transaction_items set quantity = 0 where row_id = 5",
    )
    .await;
    shop.judge().await;
    assert_eq!(
        shop.db
            .number("select count(*) from ops.quarantine where caused_by is null")
            .await,
        2
    );
}
