//! Ten orders by hand, with every kind of row that the synthetic shop has: `tests/ten_orders`.

use std::fs;

use common::testing::workspace_root;

use crate::support::Pipeline;

/// Files and what they are, with the table that the rows end in.
const ENTITIES: [&str; 13] = [
    "categories",
    "customers",
    "inventory_movements",
    "inventory_snapshots",
    "payments",
    "products",
    "sales_representatives",
    "shipments",
    "stores",
    "suppliers",
    "transaction_items",
    "transactions",
    "web_events",
];

impl Pipeline {
    /// Puts the ten orders where `generate` would write its shop.
    pub(crate) fn place_ten_orders(&self) {
        let raw = self.raw_dir();
        fs::create_dir_all(&raw).expect("a folder");
        for entry in fs::read_dir(workspace_root().join("tests/ten_orders")).expect("files") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, raw.join(path.file_name().expect("a name"))).expect("a copy");
        }
    }

    /// Records of an entity's raw file.
    fn records(&self, entity: &str) -> usize {
        let (name, header_lines) = match entity {
            "web_events" => (format!("{entity}.ndjson"), 0),
            _ => (format!("{entity}.csv"), 1),
        };
        let text = fs::read_to_string(self.raw_dir().join(name)).expect("a raw file");
        text.lines().count() - header_lines
    }
}

/// Goal: every file of the shop is staged, judged and published, and nothing in a sound shop makes
/// quality frown: cancelled, unpaid and returned orders, parts that came back, refunds, failed and
/// split payments, shipments under way, movements without cost, events of strangers.
#[tokio::test(flavor = "multi_thread")]
async fn a_sound_shop_of_all_files_passes_without_a_warning() {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();

    pipeline.orchestrate(&["--skip", "generate"]).expect(0);

    for entity in ENTITIES {
        let count = pipeline
            .db
            .number(&format!(
                "select count(*) from production.{entity} where not is_inferred and not is_deleted"
            ))
            .await;
        let records = i64::try_from(pipeline.records(entity)).expect("few records");
        assert_eq!(count, records, "{entity}");
    }
    let report = pipeline.report("data_quality_report");
    assert_eq!(report["overall_quality_score"], 100.0);
    assert_eq!(report["gate"]["decision"], "pass");
    let inferred = "select (select count(*) from production.customers where is_inferred)
        + (select count(*) from production.products where is_inferred)
        + (select count(*) from production.suppliers where is_inferred)
        + (select count(*) from production.stores where is_inferred)
        + (select count(*) from production.categories where is_inferred)";
    assert_eq!(
        pipeline.db.number(inferred).await,
        0,
        "no reference is open"
    );
    let event = pipeline
        .db
        .rows(
            "select occurred_at::text, properties ->> 'transaction_id'
             from production.web_events where event_type = 'purchase'",
        )
        .await;
    let texts = ["2025-03-09 07:05:00+00", "TXN00008"].map(|it| Some(it.to_owned()));
    assert_eq!(event, [texts]);
    // The first event of the day that the clock skipped an hour: 03:05 in New York is 07:05 UTC.
    let ordered = "select (extract(epoch from (
        select transaction_at from production.transactions where transaction_id = 'TXN00008'
    )) - extract(epoch from timestamptz '2025-03-09 07:05:00+00'))::bigint";
    assert_eq!(pipeline.db.number(ordered).await, 0);

    let again = pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    assert!(
        again.stdout.matches("nothing to do").count() >= 5,
        "{}",
        again.stdout
    );
}
