//! Entries of the quarantine, once their rows were tried again.

use super::CUSTOMER;
use super::by_hand::Shop;

/// An entry of batch 1, as `stage` or `quality` writes it; `key` is a literal.
fn entry(number: i32, source: &str, dataset: &str, file: &str, stage: &str, key: &str) -> String {
    format!(
        "insert into ops.quarantine (quarantine_id, batch_id, source, dataset, source_file,
             record_number, natural_key, stage, rules, severity, first_seen_at, last_seen_at)
         values ({number}, 1, '{source}', '{dataset}', '{file}', {number}, {key}, '{stage}',
             '{{rule}}', 'error', '2026-01-15', '2026-01-15');"
    )
}

/// Goal: an entry is closed when, and only when, its row was tried again.
/// Method: entries of every kind before a batch that reads one of two files again, brings one
/// entity from it and makes another one anew from landing, without the key that waits.
#[tokio::test]
async fn what_was_tried_again_is_closed() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(CUSTOMER).await?;
    let entries = entry(1, "shop", "customers", "a.csv", "quality", "'C7'")
        + &entry(2, "shop", "customers", "a.csv", "quality", "'C8'")
        + &entry(3, "shop", "customers", "b.csv", "quality", "'C9'")
        + &entry(4, "shop", "products", "b.csv", "quality", "'P7'")
        + &entry(5, "shop", "suppliers", "a.csv", "quality", "'S7'")
        + &entry(6, "shop", "shop__orders", "a.csv", "stage", "null")
        + &entry(7, "shop", "shop__orders", "a.csv", "stage", "null")
        + &entry(8, "shop", "shop__orders", "b.csv", "stage", "null")
        + &entry(9, "other", "customers", "a.csv", "quality", "'C7'");
    shop.client.batch_execute(&entries).await?;

    shop.begin_run().await?;
    let product = "insert into staging.products (product_id, price) values ('P1', 1);";
    let batch = shop
        .stage("shop", "passed", &format!("{CUSTOMER}{product}"))
        .await?;
    shop.client
        .batch_execute(&format!(
            "update ops.ledger set rows_read = 1, rows_rejected = 0
                 where batch_id = {batch} and dataset = 'customers';
             insert into ops.raw_files (batch_id, source, table_name, path, content_sha256,
                 config_sha256, bytes, modified_at, rows_read, rows_loaded, rows_rejected, state)
             values ({batch}, 'shop', 'orders', 'a.csv', 'x', 'x', 1, '2026-01-15', 1, 1, 0,
                 'staged');
             insert into ops.quarantine (quarantine_id, batch_id, source, dataset, source_file,
                 record_number, natural_key, stage, rules, severity, first_seen_at, last_seen_at)
             select quarantine_id + 100, {batch}, source, dataset, source_file,
                 case when quarantine_id = 2 then 55 else record_number end, natural_key, stage,
                 rules, severity, '2026-01-16', '2026-01-16'
             from ops.quarantine where quarantine_id in (2, 7)"
        ))
        .await?;
    shop.production().await?;
    let states = "select quarantine_id, status, resolved_by from ops.quarantine
                  order by quarantine_id";
    assert_eq!(
        shop.lines(states).await?,
        [
            r#"(1,repaired,"batch 2")"#,
            r#"(2,superseded,"batch 2")"#,
            "(3,open,)",
            "(4,open,)",
            "(5,open,)",
            r#"(6,repaired,"batch 2")"#,
            r#"(7,superseded,"batch 2")"#,
            "(8,open,)",
            "(9,open,)",
            "(102,open,)",
            "(107,open,)",
        ]
    );
    Ok(())
}
