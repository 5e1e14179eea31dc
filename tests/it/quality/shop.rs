//! Staged batches to judge, and what was found in them.

use std::path::PathBuf;

use common::testing::{TestDatabase, workspace_root};
use common::{StageContext, StageReport, Status};
use quality::Options;
use serde_json::Value;
use tokio_postgres::Client;

/// A change that leaves a row as it is.
pub(super) const SAME: &str = "batch_id = batch_id";

/// A batch of orders in staging: row N of every table belongs to the order, customer and product
/// `KN`, and nothing is wrong with it.
pub(super) struct Shop {
    pub(super) db: TestDatabase,
    pub(super) client: Client,
    pub(super) ctx: StageContext,
}

pub(super) const STAGED: [&str; 6] = [
    "customers",
    "products",
    "transactions",
    "transaction_items",
    "payments",
    "shipments",
];

impl Shop {
    pub(super) async fn with_orders(count: usize) -> Self {
        let db = TestDatabase::new().await;
        let client = db.client().await;
        let ctx = db.context("quality");
        let shop = Self { db, client, ctx };
        shop.execute(
            "insert into staging.batch
            values ('2026-01-15', gen_random_uuid(), '2026-01-15T02:00Z')",
        )
        .await;
        shop.add_batch(1, "shop", count).await;
        shop
    }

    pub(super) async fn add_batch(&self, batch_id: i64, source: &str, count: usize) {
        // A file for each batch; its id differs from the batch's.
        let file_id = batch_id + 6;
        self.open_batch(batch_id, source, "orders.csv").await;
        let columns = format!("{batch_id}, n, {file_id}, n + 1, '2026-01-15T02:00Z' from series");
        let series = format!(
            "with series as (select n, 'K' || n as key from generate_series(1, {count}) as n)"
        );
        let summer = "timestamptz '2025-07-01T12:00Z'";
        self.execute(&format!(
            "insert into staging.customers {series}
                select '{source}', key, 'Ada', 'Lovelace', key || '@example.org',
                    '+44 20 7946 0000',
                    date '1980-12-10', 'f', null, null, date '2025-01-01', 'London', null,
                    'N' || n, 'GB', {summer}, {columns};
            insert into staging.products {series}
                select '{source}', key, 'Thing ' || n, null, 'Things', null, 'Brand', 10, 5, 'EUR', 3,
                    null, true, {summer}, {columns};
            insert into staging.transactions {series}
                select '{source}', key, key, null, null, {summer}, 'completed', 'Card', 'EUR',
                    'Street 1', 'London', null, 'N1', 'GB', null, null, null, null,
                    1, 2, 3, 22, {summer}, {columns};
            insert into staging.transaction_items {series}
                select '{source}', key, 1, 'I' || n, key, null, 2, 10, 10, null, 18, {columns};
            insert into staging.payments {series}
                select '{source}', key, 1, 'Card', 1, 22, 'paid', {summer}, {columns};
            insert into staging.shipments {series}
                select '{source}', key, 'S' || n, 'Post', 'delivered', 3, {summer}, {summer},
                    null, {columns};"
        ))
        .await;
    }

    /// A batch with one file and no row yet.
    pub(super) async fn open_batch(&self, batch_id: i64, source: &str, path: &str) {
        let file_id = batch_id + 6;
        self.execute(&format!(
            "insert into ops.batches values (
                {batch_id}, gen_random_uuid(), '{source}', '2026-01-15', 'staged',
                '2026-01-15T02:00Z'
            );
            select setval('ops.batch_ids', {batch_id});
            insert into ops.raw_files values (
                {file_id}, {batch_id}, '{source}', 'orders', '{path}', 'x', 'x', 1,
                '2026-01-15T02:00Z', null, 0, 0, 0, 'staged'
            );
            insert into staging.retailers
                values ('{source}', 'Shop', 'UTC', 'EUR', null, {batch_id});"
        ))
        .await;
    }

    /// Publishes what passed, and makes room for the next batch.
    pub(super) async fn publish(&self) {
        let mut ctx = self.db.context("production");
        ctx.started_at = self.ctx.started_at;
        let report = production::run(&ctx, &production::Options::default())
            .await
            .expect("a publication");
        assert_eq!(report.status, Status::Succeeded);
        let tables = STAGED.map(|table| format!("staging.{table}")).join(", ");
        self.execute(&format!("truncate staging.retailers, {tables}"))
            .await;
    }

    pub(super) async fn execute(&self, sql: &str) {
        self.client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }

    /// Counts what is staged into the ledger, as `stage` does, and judges it.
    pub(super) async fn judge(&self) -> StageReport {
        self.try_judge(&Options::default())
            .await
            .expect("a verdict")
    }

    pub(super) async fn try_judge(&self, options: &Options) -> anyhow::Result<StageReport> {
        self.execute("delete from ops.ledger").await;
        for table in STAGED {
            self.execute(&format!(
                "insert into ops.ledger
                    (batch_id, layer, dataset, rows_read, rows_rejected, rows_staged)
                select batch_id, 'staging', '{table}', count(*), 0, count(*)
                from staging.{table} group by batch_id"
            ))
            .await;
        }
        quality::run(&self.ctx, options).await
    }

    /// `verdict: rule, rule` of a row; empty where nothing was found.
    pub(super) async fn verdict(&self, table: &str, row_id: usize) -> String {
        self.text(&format!(
            "select max(verdict || ': ' || array_to_string(rules, ', ')) from ops.rejections
            where batch_id = 1 and dataset = '{table}' and row_id = {row_id}"
        ))
        .await
    }

    pub(super) async fn text(&self, query: &str) -> String {
        let row = self.client.query_one(query, &[]).await.expect(query);
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }

    pub(super) fn report(&self) -> Value {
        let path = self
            .ctx
            .config
            .paths
            .processed_dir()
            .join("data_quality_report.json");
        serde_json::from_slice(&std::fs::read(path).expect("a report")).expect("json")
    }

    pub(super) fn page(&self) -> String {
        let folder = self.ctx.config.paths.processed_dir();
        std::fs::read_to_string(folder.join("data_quality_report.html")).expect("a page")
    }

    /// The project's contracts in a folder of the test's own, with a source's own rules.
    pub(super) fn configure(&mut self, source_toml: &str) -> PathBuf {
        let folder = self.db.dir.path().join("config");
        let contracts = folder.join("contracts");
        std::fs::create_dir_all(&contracts).expect("a folder");
        for entry in
            std::fs::read_dir(workspace_root().join("config/contracts")).expect("contracts")
        {
            let path = entry.expect("an entry").path();
            std::fs::copy(&path, contracts.join(path.file_name().expect("a name")))
                .expect("a copy");
        }
        let source = folder.join("sources/shop");
        std::fs::create_dir_all(&source).expect("a folder");
        std::fs::write(source.join("source.toml"), source_toml).expect("a file");
        self.ctx.config.paths.config_dir.clone_from(&folder);
        folder
    }
}

/// Columns of every production row, and the values of one that an earlier batch brought.
pub(super) const LINEAGE: &str = "row_hash, batch_id, first_batch_id, first_loaded_at, loaded_at";
pub(super) const EARLIER: &str =
    "'x', 0, 0, timestamptz '2026-01-01T00:00Z', timestamptz '2026-01-01T00:00Z'";

/// What production already has: one row of each kind, and a customer that is gone.
pub(super) async fn publish_some(shop: &Shop) {
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into production.customers
            (source, customer_id, registration_date, is_deleted, {LINEAGE})
            values ('shop', 'published', '2025-01-01', false, {EARLIER}),
                ('shop', 'unregistered', null, false, {EARLIER}),
                ('shop', 'deleted', null, true, {EARLIER});
        insert into production.products (source, product_id, {LINEAGE})
            values ('shop', 'published', {EARLIER});
        insert into production.transactions (source, transaction_id, sale_date, {LINEAGE})
            values ('shop', 'published', '2025-07-01', {EARLIER});"
    ))
    .await;
}

/// Copies a row of a table with another row id, and with a change.
pub(super) async fn copy_row(
    shop: &Shop,
    table: &str,
    row_id: usize,
    new_row_id: usize,
    change: &str,
) {
    shop.execute(&format!(
        "insert into staging.{table}
        select (jsonb_populate_record(staged, jsonb_build_object('row_id', {new_row_id}))).*
        from staging.{table} as staged where row_id = {row_id};
        update staging.{table} set {change} where row_id = {new_row_id}"
    ))
    .await;
}
