//! Rows that are missing where a source brings all that it has.

use super::by_hand::Shop;

/// Every entity with the id of a row, and what inserts that row.
const ROWS: [(&str, &str, &str); 13] = [
    (
        "customers",
        "customer_id",
        "insert into staging.customers (customer_id, city, updated_at)
         values ('{id}', 'Rome', '2025-01-01Z');",
    ),
    (
        "categories",
        "category_id",
        "insert into staging.categories (category_id, category_name) values ('{id}', 'Pens');",
    ),
    (
        "products",
        "product_id",
        "insert into staging.products (product_id, product_name, price, updated_at)
         values ('{id}', 'Pen', 10, '2025-01-01Z');",
    ),
    (
        "suppliers",
        "supplier_id",
        "insert into staging.suppliers (supplier_id, updated_at) values ('{id}', '2025-01-01Z');",
    ),
    (
        "stores",
        "store_id",
        "insert into staging.stores (store_id, manager) values ('{id}', 'Ada');",
    ),
    (
        "sales_representatives",
        "sales_rep_id",
        "insert into staging.sales_representatives (sales_rep_id, region) values ('{id}', 'North');",
    ),
    (
        "transactions",
        "transaction_id",
        "insert into staging.transactions (transaction_id, customer_id, transaction_at, updated_at)
         values ('{id}', 'nobody', '2025-03-01Z', '2025-03-01Z');",
    ),
    (
        "transaction_items",
        "transaction_id",
        "insert into staging.transaction_items (transaction_id, line_number, product_id, quantity,
             unit_price, line_total)
         values ('{id}', 1, 'nothing', 1, 10, 10);",
    ),
    (
        "payments",
        "transaction_id",
        "insert into staging.payments (transaction_id, payment_sequence, amount)
         values ('{id}', 1, 10);",
    ),
    (
        "shipments",
        "transaction_id",
        "insert into staging.shipments (transaction_id, shipment_id) values ('{id}', 'S1');",
    ),
    (
        "inventory_movements",
        "movement_id",
        "insert into staging.inventory_movements (movement_id, product_id, quantity, moved_at)
         values ('{id}', 'nothing', 1, '2025-01-01Z');",
    ),
    (
        "inventory_snapshots",
        "store_id",
        "insert into staging.inventory_snapshots (snapshot_date, product_id, store_id,
             quantity_on_hand)
         values ('2025-01-01', 'nothing', '{id}', 1);",
    ),
    (
        "web_events",
        "event_id",
        "insert into staging.web_events (event_id, visitor_id, occurred_at)
         values ('{id}', 'V1', '2025-01-01Z');",
    ),
];

/// One run whose batch is all that the source has of every entity.
async fn publish_whole(shop: &mut Shop, ids: &[&str]) -> anyhow::Result<u64> {
    let script: String = ids
        .iter()
        .flat_map(|id| ROWS.map(|(_, _, insert)| insert.replace("{id}", id)))
        .collect();
    shop.begin_run().await?;
    let batch = shop.stage("shop", "passed", &script).await?;
    let whole = "update ops.ledger set is_whole = true where batch_id = $1";
    shop.client.execute(whole, &[&batch]).await?;
    Ok(shop.production().await?.rows().written())
}

/// Ids of every entity that are marked, and those that are not.
async fn marks(shop: &Shop) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (entity, id, _) in ROWS {
        found.extend(
            shop.lines(&format!(
                "select '{entity}', string_agg({id}, ' ' order by {id}) filter (where is_deleted),
                     string_agg({id}, ' ' order by {id}) filter (where not is_deleted)
                 from production.{entity} where not is_inferred"
            ))
            .await?,
        );
    }
    Ok(found)
}

const HISTORY: &str = "select valid_from at time zone 'UTC' as valid_from, is_current, is_deleted
    from warehouse.dim_customers where customer_id = 'B' order by valid_from";

/// Goal: what is gone from any snapshot is marked, a member's history closes at the batch's day,
/// stubs stay, what comes again lives again, and a key that was mended leaves no old row behind.
/// Method: the rows of A and B of thirteen entities, then A's alone, B's again as they were, and B
/// under another key, all on one business day, which begins at five o'clock in UTC.
#[tokio::test]
async fn what_vanishes_is_marked_in_every_entity_and_comes_again() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let expected = |gone: &str, there: &str| ROWS.map(|it| format!("({},{gone},{there})", it.0));
    publish_whole(&mut shop, &["A", "B"]).await?;
    shop.warehouse(false).await?;
    assert_eq!(marks(&shop).await?, expected("", "\"A B\""));

    publish_whole(&mut shop, &["A"]).await?;
    shop.warehouse(false).await?;
    assert_eq!(marks(&shop).await?, expected("B", "A"));
    let stubs = "select (select count(*) from production.customers where is_inferred)
        + (select count(*) from production.products where is_inferred)
        - (select count(*) from production.customers where is_inferred and is_deleted)";
    assert_eq!(shop.lines(stubs).await?, ["(2)"]);
    let begin = "(\"1900-01-01 00:00:00\",f,f)";
    let closed = [begin, "(\"2026-01-15 05:00:00\",t,t)"];
    assert_eq!(shop.lines(HISTORY).await?, closed);
    assert_eq!(publish_whole(&mut shop, &["A"]).await?, 0, "gone is gone");

    publish_whole(&mut shop, &["A", "B"]).await?;
    shop.warehouse(false).await?;
    assert_eq!(marks(&shop).await?, expected("", "\"A B\""));
    // It came again on the day on which it vanished: a moment after its end.
    let ended = "(\"2026-01-15 05:00:00\",f,t)";
    let again = "(\"2026-01-15 05:00:00.000001\",";
    let history = [begin, ended, &format!("{again}t,f)")];
    assert_eq!(shop.lines(HISTORY).await?, history);
    assert_eq!(
        publish_whole(&mut shop, &["A", "B"]).await?,
        0,
        "back is back"
    );

    publish_whole(&mut shop, &["A", "B2"]).await?;
    shop.warehouse(false).await?;
    assert_eq!(marks(&shop).await?, expected("B", "\"A B2\""));
    let history = [
        begin,
        ended,
        &format!("{again}f,f)"),
        "(\"2026-01-15 05:00:00.000002\",t,t)",
    ];
    assert_eq!(shop.lines(HISTORY).await?, history);
    Ok(())
}

/// One run whose batch is all that the source has of `dataset`.
async fn publish_all_of(shop: &mut Shop, dataset: &str, script: &str) -> anyhow::Result<()> {
    shop.begin_run().await?;
    let batch = shop.stage("shop", "passed", script).await?;
    let whole = "update ops.ledger set is_whole = true where batch_id = $1 and dataset = $2";
    shop.client.execute(whole, &[&batch, &dataset]).await?;
    shop.production().await?;
    shop.warehouse(false).await?;
    Ok(())
}

/// Goal: a store that vanishes at the moment of its only version keeps that version, and its facts
/// keep the version's key.
/// Method: a store without a moment of its own, an order, an extract of the same day without the
/// store, and one with it.
#[tokio::test]
async fn a_store_that_vanishes_on_its_own_day_keeps_its_history() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let other = "insert into staging.stores (store_id, manager) values ('O', 'Eve');";
    let both = other.to_owned() + &other.replace("'O', 'Eve'", "'S', 'Ada'");
    let order = "insert into staging.transactions
            (transaction_id, customer_id, store_id, transaction_at, status, updated_at)
        values ('T1', 'C', 'S', '2025-03-01Z', 'completed', '2025-03-01Z');
        insert into staging.transaction_items
            (transaction_id, line_number, product_id, quantity, unit_price, line_total)
        values ('T1', 1, 'P', 2, 10, 20.00);";
    let history = "select manager, is_deleted, is_current from warehouse.dim_stores
        where store_id = 'S' order by valid_from";
    let key = "select store_key, manager from warehouse.fact_sales
        inner join warehouse.dim_stores using (store_key)";

    publish_all_of(&mut shop, "stores", &(both.clone() + order)).await?;
    assert_eq!(shop.lines(history).await?, ["(Ada,f,t)"]);
    let known = shop.lines(key).await?;
    assert_eq!(known.len(), 1);

    publish_all_of(&mut shop, "stores", other).await?;
    assert_eq!(shop.lines(history).await?, ["(Ada,f,f)", "(Ada,t,t)"]);
    assert_eq!(shop.lines(key).await?, known);

    for _ in 0..2 {
        publish_all_of(&mut shop, "stores", &both).await?;
        let again = ["(Ada,f,f)", "(Ada,t,f)", "(Ada,f,t)"];
        assert_eq!(shop.lines(history).await?, again);
        assert_eq!(shop.lines(key).await?, known);
    }
    Ok(())
}

/// Goal: who vanished and comes back as an older version lives again as that; an older version of
/// who is there replaces nothing, and who was deleted stays so.
/// Method: A vanishes, B stays, C was deleted once before its version and vanishes, D is deleted; all
/// come again older, C as it was.
#[tokio::test]
async fn who_vanished_may_come_back_older() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for (entity, key) in [("customers", "customer_id"), ("suppliers", "supplier_id")] {
        let rows = |rows: &[(&str, &str, &str)]| -> String {
            let values = rows.iter().map(|(id, city, day)| {
                format!(
                    "insert into staging.{entity} ({key}, city, updated_at)
                     values ('{id}', '{city}', '2025-01-{day}Z');"
                )
            });
            values.collect()
        };
        let marks =
            format!("select {key}, city, is_deleted from production.{entity} order by {key}");
        let told = |id: &str, day: &str| {
            format!(
                "insert into staging.deletes (entity, key, deleted_at)
                 values ('{entity}', '{id}', '2025-01-{day}Z');"
            )
        };
        let new = [
            ("A", "Rome", "05"),
            ("B", "Rome", "05"),
            ("C", "Rome", "05"),
            ("D", "Rome", "05"),
        ];
        let script = rows(&new) + &told("C", "03") + &told("D", "06");
        publish_all_of(&mut shop, entity, &script).await?;
        publish_all_of(&mut shop, entity, &rows(&new[1..2])).await?;
        let gone = ["(A,Rome,t)", "(B,Rome,f)", "(C,Rome,t)", "(D,Rome,t)"];
        assert_eq!(shop.lines(&marks).await?, gone);

        let old = [
            ("A", "Oslo", "04"),
            ("B", "Oslo", "04"),
            ("C", "Rome", "05"),
            ("D", "Oslo", "04"),
        ];
        for _ in 0..2 {
            publish_all_of(&mut shop, entity, &rows(&old)).await?;
            let back = ["(A,Oslo,f)", "(B,Rome,f)", "(C,Rome,f)", "(D,Rome,t)"];
            assert_eq!(shop.lines(&marks).await?, back);
        }
    }
    let current = "select customer_id, city, is_deleted from warehouse.dim_customers
        where is_current and not is_inferred and customer_key > 0 order by customer_id";
    let expected = ["(A,Oslo,f)", "(B,Rome,f)", "(C,Rome,f)", "(D,Rome,t)"];
    assert_eq!(shop.lines(current).await?, expected);
    Ok(())
}
