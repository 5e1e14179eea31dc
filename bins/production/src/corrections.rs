//! What cleaning corrected, counted by rule and column into `ops.corrections`.
//!
//! In: the accepted rows of a batch, whose rows are published. Out: counts, and the same in the
//! report's findings. One pass per dataset that has texts to clean, and one per dataset in which
//! several rows came with one key; both only count, so that no row depends on them.

use std::collections::BTreeSet;

use common::{Rows, Sql, StageReport, Step, db, sql};
use deadpool_postgres::Transaction;
use serde_json::{Value, json};
use tokio_postgres::Row;

use crate::batches::Batch;

/// Datasets with columns that are cleaned.
const COUNTS: [(&str, Sql); 11] = [
    (
        "categories",
        sql!("production/count_categories_corrections.sql"),
    ),
    (
        "customers",
        sql!("production/count_customers_corrections.sql"),
    ),
    (
        "inventory_movements",
        sql!("production/count_inventory_movements_corrections.sql"),
    ),
    (
        "payments",
        sql!("production/count_payments_corrections.sql"),
    ),
    (
        "products",
        sql!("production/count_products_corrections.sql"),
    ),
    (
        "sales_representatives",
        sql!("production/count_sales_representatives_corrections.sql"),
    ),
    (
        "shipments",
        sql!("production/count_shipments_corrections.sql"),
    ),
    ("stores", sql!("production/count_stores_corrections.sql")),
    (
        "suppliers",
        sql!("production/count_suppliers_corrections.sql"),
    ),
    (
        "transactions",
        sql!("production/count_transactions_corrections.sql"),
    ),
    (
        "web_events",
        sql!("production/count_web_events_corrections.sql"),
    ),
];
const LIST_SUPERSEDED_DATASETS: Sql = sql!("production/list_superseded_datasets.sql");
const COUNT_SURVIVORS: Sql = sql!("production/count_survivors.sql");

/// Counts in the transaction that publishes the batch.
pub(crate) async fn count(
    tx: &Transaction<'_>,
    batch: &Batch,
    staged: &BTreeSet<String>,
    report: &mut StageReport,
) -> anyhow::Result<()> {
    let step = Step::begin("count corrections").relation("ops.corrections");
    let mut counted = Vec::new();
    for (dataset, sql) in COUNTS {
        if staged.contains(dataset) {
            let rows = db::rows(tx, sql, &[&batch.id]).await?;
            add(&mut counted, batch, dataset, &rows)?;
        }
    }
    for row in db::rows(tx, LIST_SUPERSEDED_DATASETS, &[&batch.id]).await? {
        let dataset: String = row.try_get("dataset")?;
        let rows = db::rows(tx, COUNT_SURVIVORS, &[&batch.id, &dataset]).await?;
        add(&mut counted, batch, &dataset, &rows)?;
    }
    // They are told of beside the rows: a row with two corrections is still one row.
    report.finish(step, Rows::default());
    tell(report, counted);
    Ok(())
}

fn add(counted: &mut Vec<Value>, batch: &Batch, dataset: &str, rows: &[Row]) -> anyhow::Result<()> {
    for row in rows {
        let column: String = row.try_get("column_name")?;
        let rule: String = row.try_get("rule")?;
        let rows_corrected: i64 = row.try_get("rows_corrected")?;
        counted.push(json!({
            "batch_id": batch.id,
            "source": batch.source,
            "dataset": dataset,
            "column": column,
            "rule": rule,
            "rows_corrected": rows_corrected,
        }));
    }
    Ok(())
}

/// The corrections of all batches of a run are one list.
fn tell(report: &mut StageReport, counted: Vec<Value>) {
    let findings = report
        .findings
        .get_or_insert_with(|| json!({ "corrections": [] }));
    if let Some(Value::Array(told)) = findings.get_mut("corrections") {
        told.extend(counted);
    }
}
