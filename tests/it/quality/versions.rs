//! Quarantine and versions: what waits is the newest of its key, and only while it is.

use common::Status;
use quality::Filter;

use super::replay::ENTRIES;
use super::shop::{Shop, copy_row};

const CHEAP_IS_FINE: &str = "[quality.checks]\n\"products.price.minimum\" = { enabled = false }\n";
const PRICE: &str = "select price::text from production.products where product_id = 'K3'";

/// Goal: of two rows of one key and moment in a batch, the refused one waits for nothing when the
/// other one, further down, was accepted; even where that one changed nothing in production.
#[tokio::test]
async fn a_row_that_was_outdone_in_its_own_batch_does_not_wait() -> anyhow::Result<()> {
    let mut shop = Shop::with_orders(30).await;
    shop.judge().await;
    shop.publish().await;
    shop.add_batch(2, "shop", 30).await;
    copy_row(&shop, "products", 3, 1003, "batch_id = batch_id").await;
    shop.execute("update staging.products set price = -1 where row_id = 3")
        .await;
    shop.judge().await;
    assert_eq!(shop.text(ENTRIES).await, "products K3 superseded batch 2 1");
    shop.publish().await;
    shop.configure(CHEAP_IS_FINE);
    assert_eq!(
        shop.replay(&[], Filter::default()).await?.status,
        Status::NothingToDo
    );
    assert_eq!(shop.text(PRICE).await, "10");
    Ok(())
}

/// Goal: a newer version waits on when an older one arrives and passes; once its rule is mended it
/// takes the older one's place.
#[tokio::test]
async fn an_older_version_closes_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::with_orders(30).await;
    shop.execute(
        "update staging.products set price = -1, updated_at = '2025-07-03T12:00Z'
        where row_id = 3",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    shop.publish_product(9).await;
    assert_eq!(shop.text(PRICE).await, "9");
    assert_eq!(shop.text(ENTRIES).await, "products K3 open 1");
    shop.configure(CHEAP_IS_FINE);
    shop.replay(&[], Filter::default()).await?;
    shop.publish().await;
    assert_eq!(shop.text(PRICE).await, "-1");
    Ok(())
}

/// Goal: files are not judged by rows of yesterday: what waits and fails again leaves the batch.
/// Method: a line, a payment and a shipment wait for their order; twenty sound shipments and one
/// more for that order arrive.
#[tokio::test]
async fn rows_that_wait_block_no_files() {
    let shop = Shop::with_orders(30).await;
    shop.execute("delete from staging.transactions where row_id = 5")
        .await;
    shop.judge().await;
    shop.publish().await;
    shop.open_batch(2, "shop", "shipments.csv").await;
    shop.execute(
        "insert into staging.shipments (source, transaction_id, shipment_id, status, shipped_at,
            delivered_at, batch_id, row_id, file_id, source_line, loaded_at)
        select 'shop', 'K' || number, 'again ' || number, 'delivered', '2025-07-02T12:00Z',
            '2025-07-03T12:00Z', 2, number, 8, number + 1, now()
        from generate_series(1, 30) as number where number <= 5 or number > 14",
    )
    .await;
    assert_eq!(shop.judge().await.status, Status::Succeeded);
    let tables = shop.report()["batches"][0]["tables"].clone();
    let names: Vec<&str> = tables
        .as_array()
        .expect("tables")
        .iter()
        .filter(|table| table["rows_staged"] != 0)
        .filter_map(|table| table["dataset"].as_str())
        .collect();
    assert_eq!(names, ["staging.shipments"], "{tables}");
    shop.publish().await;
    let published = "select count(*) from production.shipments where shipment_id like 'again%'";
    assert_eq!(shop.db.number(published).await, 20);
    let waiting = "select count(*) from ops.quarantine where status = 'open'";
    assert_eq!(shop.db.number(waiting).await, 4);
}

/// Goal: what an order was restated without is gone from quarantine, too, and never comes back.
#[tokio::test]
async fn a_part_that_an_order_was_restated_without_does_not_wait() -> anyhow::Result<()> {
    let shop = Shop::with_orders(30).await;
    copy_row(
        &shop,
        "payments",
        5,
        1005,
        "payment_sequence = 2, amount = 0",
    )
    .await;
    shop.execute("update staging.transaction_items set quantity = 0 where row_id = 5")
        .await;
    shop.judge().await;
    shop.publish().await;
    shop.open_batch(2, "shop", "restated.csv").await;
    for table in ["transactions", "transaction_items", "payments"] {
        shop.execute(&format!(
            "insert into staging.{table}
            select restated.* from ops.quarantine as entry
            cross join lateral jsonb_populate_record(null::staging.{table}, entry.payload
                || '{{\"batch_id\": 2, \"row_id\": 1, \"file_id\": 8, \"source_line\": 2,
                    \"quantity\": 2, \"loaded_at\": \"2026-01-16T00:00Z\"}}') as restated
            where entry.dataset = '{table}' and entry.natural_key in ('K5', 'K5/1')"
        ))
        .await;
    }
    shop.judge().await;
    shop.publish().await;
    let left = "select string_agg(natural_key || ' ' || status, '; ' order by natural_key)
        from ops.quarantine where dataset = 'payments'";
    assert_eq!(shop.text(left).await, "K5/1 repaired; K5/2 superseded");
    assert_eq!(
        shop.replay(&[], Filter::default()).await?.status,
        Status::NothingToDo
    );
    Ok(())
}

/// Goal: a mended line that comes alone brings the other lines of its order, too.
/// Method: an order of three lines, the first of which sells nothing until it comes again.
#[tokio::test]
async fn a_mended_line_brings_its_siblings() {
    let shop = Shop::with_orders(30).await;
    for line in [2, 3] {
        let change = format!("line_number = {line}, item_id = 'I5-{line}'");
        copy_row(&shop, "transaction_items", 5, 1000 + line, &change).await;
    }
    shop.execute(
        "update staging.transactions set total_amount = 58 where row_id = 5;
        update staging.payments set amount = 58 where row_id = 5;
        update staging.transaction_items set quantity = 0 where row_id = 5",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    shop.open_batch(2, "shop", "mended.csv").await;
    shop.execute(
        "insert into staging.transaction_items values
            ('shop', 'K5', 1, 'I5', 'K5', null, 2, 10, 10, null, 18, 2, 1, 8, 2, now())",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    let lines = "select count(*) from production.transaction_items
        where transaction_id = 'K5' and not is_deleted";
    assert_eq!(shop.db.number(lines).await, 3);
    let open = "select count(*) from ops.quarantine where status = 'open'";
    assert_eq!(shop.db.number(open).await, 0);
}

/// Goal: a header that comes later does not bring back the line that its order was restated
/// without.
/// Method: an order of two lines, one of them bad; the order again with the other line alone; then
/// its header with a new state.
#[tokio::test]
async fn a_line_that_was_dropped_stays_away() {
    let shop = Shop::with_orders(30).await;
    copy_row(
        &shop,
        "transaction_items",
        5,
        1005,
        "line_number = 2, item_id = 'I5-2', quantity = 0",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    for batch in [2, 3] {
        shop.open_batch(batch, "shop", &format!("day{batch}.csv"))
            .await;
        let lineage = format!(
            "{{\"batch_id\": {batch}, \"row_id\": 1, \"file_id\": {}, \"source_line\": 2,
                \"updated_at\": \"2025-07-0{batch}T12:00Z\", \"loaded_at\": \"2026-01-16T00:00Z\"}}",
            batch + 6
        );
        let tables: &[&str] = if batch == 2 {
            &["transactions", "transaction_items"]
        } else {
            &["transactions"]
        };
        for table in tables {
            shop.execute(&format!(
                "insert into staging.{table}
                select again.* from ops.quarantine as entry
                cross join lateral
                    jsonb_populate_record(null::staging.{table}, entry.payload || '{lineage}') as again
                where entry.batch_id = 1 and entry.dataset = '{table}'
                and entry.natural_key in ('K5', 'K5/1')"
            ))
            .await;
        }
        shop.judge().await;
        shop.publish().await;
    }
    let lines = "select string_agg(line_number::text, ' ') from production.transaction_items
        where transaction_id = 'K5' and not is_deleted";
    assert_eq!(shop.text(lines).await, "1");
}
