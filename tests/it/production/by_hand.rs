//! A shop whose staging is filled by hand, for the tests of production and warehouse.

use chrono::TimeDelta;
use common::StageReport;
use common::testing::TestDatabase;
use tokio_postgres::Client;

/// All entities, as staging and the ledger name them.
const DATASETS: [&str; 14] = [
    "customers",
    "categories",
    "products",
    "suppliers",
    "stores",
    "sales_representatives",
    "transactions",
    "transaction_items",
    "payments",
    "shipments",
    "inventory_movements",
    "inventory_snapshots",
    "web_events",
    "deletes",
];

/// A database whose staging is filled by hand, as `stage` and `quality` would.
pub(crate) struct Shop {
    pub(crate) db: TestDatabase,
    pub(crate) client: Client,
    batch_id: i64,
    hours: i64,
}

impl Shop {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let db = TestDatabase::new().await;
        let client = db.client().await;
        client
            .batch_execute("create sequence staging.row_ids")
            .await?;
        Ok(Self {
            db,
            client,
            batch_id: 0,
            hours: 0,
        })
    }

    /// Empties staging, as `stage` does at the start of a run.
    pub(crate) async fn begin_run(&mut self) -> anyhow::Result<()> {
        self.hours += 1;
        let tables = DATASETS
            .map(|dataset| format!("staging.{dataset}"))
            .join(", ");
        self.client
            .batch_execute(&format!("truncate staging.retailers, {tables}"))
            .await?;
        Ok(())
    }

    /// A batch of `source` with the rows that `inserts` adds; their source, batch and row id are
    /// defaults.
    pub(crate) async fn stage(
        &mut self,
        source: &str,
        state: &str,
        inserts: &str,
    ) -> anyhow::Result<i64> {
        self.batch_id += 1;
        let batch = self.batch_id;
        let mut script = format!(
            "insert into ops.batches (batch_id, run_id, source, business_date, state, staged_at)
             values ({batch}, gen_random_uuid(), '{source}', '2026-01-15', '{state}', '2026-01-15');
             insert into staging.retailers
             values ('{source}', 'The shop', 'America/New_York', 'USD', null, {batch});"
        );
        for dataset in DATASETS {
            script.push_str(&format!(
                "alter table staging.{dataset}
                     alter source set default '{source}',
                     alter batch_id set default {batch},
                     alter row_id set default nextval('staging.row_ids'),
                     alter loaded_at set default '2026-01-15';"
            ));
        }
        script.push_str(inserts);
        for dataset in DATASETS {
            script.push_str(&format!(
                ";insert into ops.ledger (batch_id, layer, dataset, rows_staged)
                  select {batch}, 'staging', '{dataset}', count(*)
                  from staging.{dataset} where batch_id = {batch} having count(*) > 0"
            ));
        }
        self.client.batch_execute(&script).await?;
        Ok(batch)
    }

    /// One run with one passed batch, published.
    pub(crate) async fn publish(&mut self, inserts: &str) -> anyhow::Result<StageReport> {
        self.begin_run().await?;
        self.stage("shop", "passed", inserts).await?;
        self.production().await
    }

    pub(crate) async fn production(&self) -> anyhow::Result<StageReport> {
        let mut ctx = self.db.context("production");
        ctx.started_at += TimeDelta::hours(self.hours);
        production::run(&ctx, &production::Options::default()).await
    }

    pub(crate) async fn warehouse(&self, full_refresh: bool) -> anyhow::Result<StageReport> {
        let mut ctx = self.db.context("warehouse");
        ctx.started_at += TimeDelta::hours(self.hours);
        let options = warehouse::Options {
            full_refresh,
            ..warehouse::Options::default()
        };
        warehouse::run(&ctx, &options).await
    }

    /// The rows of a query as PostgreSQL's own text, in the query's order.
    pub(crate) async fn lines(&self, query: &str) -> anyhow::Result<Vec<String>> {
        let rows = self
            .client
            .query(
                &format!("select rows_of::text from ({query}) as rows_of"),
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Hash and latest change of every table of a schema.
    pub(crate) async fn state_of(&self, tables: &[&str]) -> anyhow::Result<Vec<String>> {
        let mut states = Vec::new();
        for table in tables {
            let state = self
                .lines(&format!(
                    "select '{table}', ops.content_hash('{table}'), count(*),
                         max(coalesce(
                             to_jsonb(rows_of) ->> 'loaded_at', to_jsonb(rows_of) ->> 'updated_at'
                         ))
                     from {table} as rows_of"
                ))
                .await?;
            states.extend(state);
        }
        Ok(states)
    }
}

/// An order of one line.
pub(crate) fn order(id: &str, customer: &str, product: &str, at: &str) -> String {
    format!(
        "insert into staging.transactions
             (transaction_id, customer_id, transaction_at, status, payment_method, updated_at)
         values ('{id}', '{customer}', '{at}', 'completed', 'Credit Card', '{at}');
         insert into staging.transaction_items
             (transaction_id, line_number, product_id, quantity, unit_price, line_total)
         values ('{id}', 1, '{product}', 2, 10, 20.00);"
    )
}
