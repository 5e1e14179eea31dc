//! A real shop, onboarded by configuration and SQL alone, against totals computed by other tools.
//!
//! The files are not part of the project: where they are absent the test says so and passes.

mod fulfilment;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Pipeline, skipped};

/// What is declared of the files, below the configuration's folder.
const SOURCE_FILE: &str = "sources/olist/source.toml";

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
    fulfilment::assert_lags(&pipeline, Path::new(&folder))
        .await
        .expect("the files");
    pipeline.run("warehouse", &["check"]).expect(0);
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

/// Goal: a shop is onboarded from what `stage init` writes, with a few lines by hand.
/// Method: init on the files; of its lines all but the first are in the project's source.toml, and
/// that one adds only what no file can tell.
#[tokio::test]
async fn the_source_file_is_what_init_writes_and_a_few_lines_more() -> anyhow::Result<()> {
    const LINES_BY_HAND_MAX: usize = 20;
    let Some(folder) = data_folder() else {
        return Ok(());
    };
    let dir = tempfile::tempdir()?;
    let mut ctx = common::testing::context_without_database(dir.path());
    let ours = std::fs::read_to_string(ctx.config.paths.config_dir.join(SOURCE_FILE))?;
    ctx.config.paths.config_dir = dir.path().join("config");
    let init = stage::InitOptions {
        source: "olist".to_owned(),
        from: folder,
        name: Some("Olist".to_owned()),
        time_zone: Some("America/Sao_Paulo".parse()?),
        currency: Some("BRL".to_owned()),
        force: false,
        records: 1_000_000,
    };
    let options = stage::Options {
        command: Some(stage::Command::Init(init)),
        ..stage::Options::default()
    };
    stage::run(&ctx, &options).await?;
    let written = std::fs::read_to_string(ctx.config.paths.config_dir.join(SOURCE_FILE))?;

    let mut rest = ours.lines().filter(|it| !it.is_empty());
    let mut by_hand = Vec::new();
    for line in written.lines().skip(1).filter(|it| !it.is_empty()) {
        loop {
            let next = rest.next();
            let next = next.unwrap_or_else(|| panic!("`{line}` is not in ours, or elsewhere"));
            if next == line {
                break;
            }
            by_hand.push(next);
        }
    }
    by_hand.extend(rest);
    assert!(
        by_hand.len() <= LINES_BY_HAND_MAX,
        "{} lines were added by hand:\n{}",
        by_hand.len(),
        by_hand.join("\n")
    );
    Ok(())
}
