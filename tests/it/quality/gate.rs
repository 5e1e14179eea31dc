//! What stops a batch, and what lets it pass.

use common::Status;
use quality::Options;

use super::shop::{EARLIER, LINEAGE, Shop};

/// Goal: one critical failure stops the batch, whatever the score is; nothing is passed on.
#[tokio::test]
async fn a_critical_failure_blocks_the_batch() {
    let mut shop = Shop::with_orders(1000).await;
    shop.configure(
        "[quality.checks]\n\"products.cost_under_price\" = { severity = \"critical\" }\n",
    );
    shop.execute("update staging.products set cost = 11 where row_id = 1")
        .await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Blocked);
    assert_eq!(report.quality.expect("a summary").critical_issues, 1);
    assert_eq!(shop.text("select state from ops.batches").await, "blocked");
    let json = shop.report();
    assert!(json["overall_quality_score"].as_f64() > Some(99.0));
    assert_eq!(
        json["gate"]["blocking_failures"][0],
        "products.cost_under_price"
    );
    assert_eq!(json["success"], false);
}

/// Goal: a batch with too many bad rows is stopped instead of drained; a person may let it pass.
#[tokio::test]
async fn more_than_five_percent_block_unless_a_person_accepts_them() {
    let shop = Shop::with_orders(2000).await;
    shop.execute("update staging.products set price = -1 where row_id <= 101")
        .await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Blocked);
    assert!(
        report.warnings[0].contains("products.quarantined_percent"),
        "{:?}",
        report.warnings
    );
    assert_eq!(
        shop.db.number("select count(*) from ops.quarantine").await,
        0
    );
    let options = Options {
        accept_gate: Some("a known fault".to_owned()),
        ..Options::default()
    };
    let report = shop.try_judge(&options).await.expect("a verdict");
    assert_eq!(report.status, Status::Succeeded);
    assert_eq!(shop.text("select state from ops.batches").await, "passed");
    assert_eq!(
        shop.db.number("select count(*) from ops.quarantine").await,
        101
    );
    let audit = shop
        .text("select action || ': ' || subject || ': ' || reason from ops.audit_log")
        .await;
    assert_eq!(audit, "accept_gate: batch 1 (shop): a known fault");
}

/// Goal: several sources are judged each for itself.
#[tokio::test]
async fn one_blocked_source_stops_no_other() {
    let shop = Shop::with_orders(200).await;
    shop.add_batch(2, "other", 200).await;
    shop.execute(
        "update staging.transaction_items set unit_price = -1 where batch_id = 2 and row_id <= 150",
    )
    .await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Partial);
    let states = shop
        .text("select string_agg(state, ' ' order by batch_id) from ops.batches")
        .await;
    assert_eq!(states, "passed blocked");
    let json = shop.report();
    assert!(json["table_scores"].get("shop:staging.customers").is_some());
    assert_eq!(json["gate"]["decision"], "block");
}

/// Goal: mass changes against production are noticed, but never on a first load.
#[tokio::test]
async fn guards_compare_with_production() {
    let shop = Shop::with_orders(100).await;
    assert_eq!(
        shop.judge().await.status,
        Status::Succeeded,
        "a first load has no history"
    );
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into production.products (source, product_id, price, {LINEAGE})
            select 'shop', 'K' || n, case when n <= 6 then 0.1 else 10 end, {EARLIER}
            from generate_series(1, 106) as n;
        update ops.ledger set is_whole = true where dataset = 'products';
        update ops.batches set state = 'staged'"
    ))
    .await;
    let report = quality::run(&shop.ctx, &quality::Options::default()).await;
    assert_eq!(report.expect("a verdict").status, Status::Blocked);
    let failures = shop
        .text("select array_to_string(blocking_failures, ' ') from ops.quality_runs")
        .await;
    assert_eq!(failures, "products.vanished products.price_shift");
}

/// Goal: a small table may lose two rows, by whatever way, and not three.
/// Method: eight products are staged as all that there are; production knows more of them, and
/// deletions name one that vanished or one that is there.
#[tokio::test]
async fn a_small_table_loses_two_rows_at_most() {
    let shop = Shop::with_orders(8).await;
    assert_eq!(shop.judge().await.status, Status::Succeeded);
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into ops.ledger
            (batch_id, layer, dataset, rows_read, rows_rejected, rows_staged)
            values (1, 'staging', 'deletes', 1, 0, 1);
        update ops.ledger set is_whole = true where dataset = 'products'"
    ))
    .await;
    let cases = [
        (10, "K10", ""),
        (11, "K11", "products.vanished deletes.mass_of_products"),
        (10, "K1", "deletes.mass_of_products"),
    ];
    for (known, deleted, expected) in cases {
        shop.execute(&format!(
            "delete from production.products;
            insert into production.products (source, product_id, price, {LINEAGE})
                select 'shop', 'K' || n, 10, {EARLIER} from generate_series(1, {known}) as n;
            delete from staging.deletes;
            insert into staging.deletes
                (source, entity, key, deleted_at, batch_id, row_id, file_id, source_line, loaded_at)
                values ('shop', 'products', '{deleted}', '2025-12-01Z', 1, 1, 7, 2,
                    '2026-01-15T02:00Z');
            update ops.batches set state = 'staged'"
        ))
        .await;
        let report = quality::run(&shop.ctx, &quality::Options::default()).await;
        report.expect("a verdict");
        let failures = shop
            .text("select array_to_string(blocking_failures, ' ') from ops.quality_runs")
            .await;
        assert_eq!(failures, expected, "{known} known, {deleted} deleted");
    }
}

/// Goal: a source cannot let pass what production's foreign keys would refuse.
#[tokio::test]
async fn what_production_cannot_take_stays_an_error() {
    let mut shop = Shop::with_orders(1).await;
    for change in ["severity = \"warning\"", "enabled = false"] {
        shop.configure(&format!(
            "[quality.checks]\n\"payments.transaction_id.reference\" = {{ {change} }}\n"
        ));
        let refusal = shop.try_judge(&Options::default()).await;
        let refusal = refusal.expect_err("a refusal");
        assert_eq!(common::errors::exit_code(&refusal), 2);
        let text = format!("{refusal:#}");
        assert!(
            text.contains("source.toml:2") && text.contains("must stay an error"),
            "{text}"
        );
    }
}
