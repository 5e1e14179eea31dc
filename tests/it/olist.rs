//! A real shop, onboarded by configuration and SQL alone, against totals computed by other tools.
//!
//! The files are not part of the project: where they are absent the test says so and passes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Pipeline, skipped};

/// The folder with the files and their control totals.
fn data_folder() -> Option<PathBuf> {
    let folder = common::testing::workspace_root().join("../shared/data/olist");
    let is_there = folder.join("control_totals.json").is_file();
    if !is_there {
        skipped(&format!(
            "the Olist files are not in `{}`",
            folder.display()
        ));
    }
    is_there.then_some(folder)
}

fn cents(value: &Value) -> String {
    format!("{:.2}", value.as_f64().expect("an amount"))
}

#[tokio::test(flavor = "multi_thread")]
async fn production_and_warehouse_hold_every_control_total() {
    let Some(folder) = data_folder() else { return };
    let totals: Value = serde_json::from_slice(
        &std::fs::read(folder.join("control_totals.json")).expect("control totals"),
    )
    .expect("JSON");
    let pipeline = Pipeline::new().await;
    // Beside the synthetic shop, in the same database.
    pipeline.orchestrate(&[]).expect(0);

    let folder = folder.display().to_string();
    pipeline
        .orchestrate(&["--source", "olist", "--data", &folder])
        .expect(0);

    assert_production(&pipeline, &totals).await;
    assert_warehouse(&pipeline, &totals).await;
    assert_history(&pipeline).await;
    assert_nothing_rejected(&pipeline).await;
    let before = pipeline.row_versions().await;
    pipeline
        .orchestrate(&["--source", "olist", "--data", &folder])
        .expect(0);
    assert_eq!(
        pipeline.row_versions().await,
        before,
        "a second run changes no row"
    );
}

async fn assert_production(pipeline: &Pipeline, totals: &Value) {
    let count =
        |table: &str| format!("select count(*) from production.{table} where source = 'olist'");
    for (table, expected) in [
        ("customers", &totals["distinct"]["customer_unique_id"]),
        ("transactions", &totals["rows"]["orders"]),
        ("transaction_items", &totals["rows"]["items"]),
        ("payments", &totals["rows"]["payments"]),
        ("products", &totals["rows"]["products"]),
        ("suppliers", &totals["rows"]["sellers"]),
    ] {
        assert_eq!(
            &Value::from(pipeline.db.number(&count(table)).await),
            expected,
            "{table}"
        );
    }
    for (query, expected) in [
        (
            "select sum(line_total)::text from production.transaction_items",
            &totals["sums"]["price"],
        ),
        (
            "select sum(shipping_amount)::text from production.transactions",
            &totals["sums"]["freight"],
        ),
        (
            "select sum(amount)::text from production.payments",
            &totals["sums"]["payments"],
        ),
        (
            "select sum(total_amount)::text from production.transactions",
            &totals["sums"]["price_plus_freight"],
        ),
    ] {
        let found = pipeline
            .db
            .rows(&format!("{query} where source = 'olist'"))
            .await;
        assert_eq!(found, [[Some(cents(expected))]], "{query}");
    }
    let by_status = map_of(
        pipeline,
        "select status, count(*)::text from production.transactions where source = 'olist' group by 1",
    )
    .await;
    let expected: BTreeMap<String, String> = totals["orders_by_status"]
        .as_object()
        .expect("statuses")
        .iter()
        .map(|(status, count)| (status.clone(), count.to_string()))
        .collect();
    assert_eq!(by_status, expected);
}

async fn assert_warehouse(pipeline: &Pipeline, totals: &Value) {
    let by_month = map_of(
        pipeline,
        "select to_char(sale_date, 'YYYY-MM'), sum(line_total)::text
         from warehouse.fact_sales where source = 'olist' group by 1",
    )
    .await;
    let expected: BTreeMap<String, String> = totals["by_month_all_orders"]
        .as_object()
        .expect("months")
        .iter()
        .filter(|(_, month)| month["items"] != 0)
        .map(|(name, month)| (name.clone(), cents(&month["price"])))
        .collect();
    assert_eq!(by_month, expected);
    // 775 orders have no line, so they are no fact.
    let differences = pipeline
        .db
        .number(
            "select count(*) from (
                 select status, count(distinct transaction_id) as orders
                 from warehouse.fact_sales where source = 'olist' group by 1
             ) as facts
             full join (
                 select status, count(*) as orders
                 from production.transactions
                 where source = 'olist' and exists (
                     select 1 from production.transaction_items as items
                     where items.source = transactions.source
                       and items.transaction_id = transactions.transaction_id
                 )
                 group by 1
             ) as orders using (status)
             where facts.orders is distinct from orders.orders",
        )
        .await;
    assert_eq!(differences, 0);
    let orders = pipeline
        .db
        .number("select count(distinct transaction_id) from warehouse.fact_sales where source = 'olist'")
        .await;
    assert_eq!(Value::from(orders), totals["distinct"]["orders_with_items"]);
    let dangling = pipeline
        .db
        .number(
            "select count(*) from warehouse.fact_sales
             where source = 'olist' and (customer_key < 0 or product_key < 0 or supplier_key < 0)",
        )
        .await;
    assert_eq!(
        dangling, 0,
        "every line finds its customer, product and seller"
    );
}

/// 40 people moved: their orders point to the address that was theirs at the time.
async fn assert_history(pipeline: &Pipeline) {
    let versions = pipeline
        .db
        .number("select count(*) from warehouse.dim_customers where source = 'olist'")
        .await;
    assert_eq!(versions, 31_855);
    let moved = pipeline
        .db
        .number(
            "select count(*) from (
                 select customer_id from warehouse.dim_customers where source = 'olist'
                 group by 1 having count(*) > 1
             ) as moved",
        )
        .await;
    assert!(moved > 0);
    let at_the_wrong_address = pipeline
        .db
        .number(
            "select count(*)
             from warehouse.fact_sales as facts
             join warehouse.dim_customers as customers using (customer_key)
             join production.transactions as orders
               on orders.source = facts.source and orders.transaction_id = facts.transaction_id
             where facts.source = 'olist'
               and customers.postal_code is distinct from orders.shipping_postal_code",
        )
        .await;
    assert_eq!(at_the_wrong_address, 0);
}

async fn assert_nothing_rejected(pipeline: &Pipeline) {
    let rejected = pipeline
        .db
        .number(
            "select count(*) from ops.quarantine where source = 'olist' and severity <> 'warning'",
        )
        .await;
    assert_eq!(rejected, 0);
    let held_back = map_of(
        pipeline,
        "select verdict, count(*)::text from ops.rejections
         join ops.batches using (batch_id)
         where source = 'olist' and verdict <> 'warned' group by 1",
    )
    .await;
    // Older addresses: history, not faults.
    assert_eq!(
        held_back,
        BTreeMap::from([("superseded".to_owned(), "40".to_owned())])
    );
}

async fn map_of(pipeline: &Pipeline, query: &str) -> BTreeMap<String, String> {
    let value = |it: &Option<String>| it.clone().expect("a value");
    pipeline
        .db
        .rows(query)
        .await
        .iter()
        .map(|row| (value(&row[0]), value(&row[1])))
        .collect()
}
