//! The worked example of quality-and-monitoring.md, from rows to the exit code.

use common::Status;
use common::testing::TestDatabase;
use serde_json::Value;

const CONTRACT: &str = "apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - name: source
        logicalType: string
      - name: order_id
        logicalType: string
        quality:
          - {metric: nullValues, mustBe: 0, severity: critical}
          - {metric: duplicateValues, mustBe: 0, severity: critical}
      - name: customer_id
        logicalType: string
        quality:
          - {metric: nullValues, mustBe: 0, severity: error}
      - name: status
        logicalType: string
        quality:
          - metric: invalidValues
            arguments: {validValues: [paid, shipped]}
            mustBe: 0
            severity: warning
      - name: total
        logicalType: number
        logicalTypeOptions: {minimum: 0}
      - name: ordered_at
        logicalType: timestamp
        quality:
          - id: not_in_future
            type: custom
            engine: bullion
            implementation: ordered_at <= (select started_at from staging.batch)
            severity: warning
            dimension: timeliness
slaProperties:
  - {property: freshness, element: orders.ordered_at, value: 24, valueExt: 48, unit: h}
";

/// 2,003 rows: 40 without a customer, 1,002 of an odd status, 20 below zero, 3 told twice.
const ROWS: &str = "
    create table staging.orders (
        source text, order_id text, customer_id text, status text, total numeric,
        ordered_at timestamptz, batch_id bigint, row_id bigint, file_id bigint,
        source_line bigint, loaded_at timestamptz
    );
    insert into staging.orders
        select 'shop', 'O' || case when n > 2000 then n - 2000 else n end,
            case when n > 40 then 'C' || n end,
            case when n <= 1002 then 'odd' else 'paid' end,
            case when n between 101 and 120 then -1 else 1 end,
            timestamptz '2026-01-14T20:00Z', 1, n, null, n + 1, timestamptz '2026-01-15T02:00Z'
        from generate_series(1, 2003) as n;
    insert into staging.batch values ('2026-01-15', gen_random_uuid(), '2026-01-15T02:00Z');
    insert into staging.retailers values ('shop', 'Shop', 'UTC', 'EUR', null, 1);
    insert into ops.batches values
        (1, gen_random_uuid(), 'shop', '2026-01-15', 'staged', '2026-01-15T02:00Z');
    insert into ops.ledger (batch_id, layer, dataset, rows_staged)
        values (1, 'staging', 'orders', 2003);";

/// Goal: the score is the one that the definition works out, and grade A does not open the gate.
/// Method: the example's rows under a contract with its seven checks, judged as any batch.
#[tokio::test]
async fn the_worked_example_scores_94_99_gets_an_a_and_is_blocked() {
    let db = TestDatabase::new().await;
    db.client().await.batch_execute(ROWS).await.expect("rows");
    let mut ctx = db.context("quality");
    let config_dir = db.dir.path().join("config");
    std::fs::create_dir_all(config_dir.join("contracts")).expect("a folder");
    std::fs::write(config_dir.join("contracts/orders.odcs.yaml"), CONTRACT).expect("a contract");
    ctx.config.paths.config_dir = config_dir;

    let report = quality::run(&ctx, &quality::Options::default())
        .await
        .expect("a verdict");

    assert_eq!(report.status, Status::Blocked);
    assert_eq!(report.status.exit_code(), 1);
    let path = ctx
        .config
        .paths
        .processed_dir()
        .join("data_quality_report.json");
    let json: Value =
        serde_json::from_slice(&std::fs::read(path).expect("a report")).expect("json");
    assert_eq!(json["statistics"]["evaluated_expectations"], 7);
    let dimension = |name: &str| json["dimension_scores"][name]["score"].clone();
    assert_eq!(dimension("completeness"), 99.33);
    assert_eq!(dimension("uniqueness"), 99.85);
    assert_eq!(dimension("validity"), 82.66);
    assert_eq!(dimension("timeliness"), 100.0);
    assert_eq!(json["overall_quality_score"], 94.99);
    assert_eq!(json["quality_grade"], "A");
    assert_eq!(json["gate"]["decision"], "block");
    // The score is also under 95; what drains into quarantine (63 rows, 3.1 %) blocks nothing.
    assert_eq!(
        json["gate"]["blocking_failures"],
        serde_json::json!(["orders.order_id.duplicateValues", "overall_quality_score"])
    );
}
