//! The monitoring report over small hand-made states of the pipeline.

use std::fs;

use common::testing::{TestDatabase, workspace_root};
use common::{StageContext, StageReport, Status};
use serde_json::Value;

/// A pipeline that ran two hours before the tests' fixed time, 2026-01-15T02:00Z, for a shop whose
/// data ends in 2025: 100 orders a day for 40 days.
const HEALTHY: &str = "
insert into ops.runs (
    run_id, display_id, program, business_date, started_at, ended_at, state, exit_code
) values (
    '01938a2e-7c1b-7e3a-9a3e-0d6f5b7c1a2b', 'PIPE_20260115_000000', 'orchestrator', '2026-01-15',
    '2026-01-15 00:00Z', '2026-01-15 00:01Z', 'succeeded', 0
);
insert into ops.batches (
    batch_id, run_id, source, business_date, state, staged_at, judged_at, published_at
) values (
    1, '01938a2e-7c1b-7e3a-9a3e-0d6f5b7c1a2b', 'synthetic', '2026-01-15', 'published',
    '2026-01-15 00:00Z', '2026-01-15 00:00Z', '2026-01-15 00:00Z'
);
insert into ops.watermarks (consumer, source, batch_id, moved_at)
values ('warehouse', 'synthetic', 1, '2026-01-15 00:00Z');
insert into ops.quality_runs (
    batch_id, source, judged_at, score, grade, decision, blocking_failures, report
) values (1, 'synthetic', '2026-01-15 00:00Z', 99.5, 'A', 'pass', '{}', '{}');
insert into production.retailers (
    source, retailer_name, time_zone, currency, row_hash, batch_id, first_batch_id,
    first_loaded_at, loaded_at
) values (
    'synthetic', 'Synthetic', 'UTC', 'USD', 'h', 1, 1, '2026-01-15 00:00Z', '2026-01-15 00:00Z'
);
insert into production.transactions (
    source, transaction_id, transaction_at, sale_date, row_hash, batch_id, first_batch_id,
    first_loaded_at, loaded_at
)
select
    'synthetic', to_char(days.day, 'MMDD') || '-' || orders.number, days.day, days.day, 'h', 1, 1,
    '2026-01-15 00:00Z', '2026-01-15 00:00Z'
from generate_series(timestamptz '2025-11-22', '2025-12-31', '1 day') as days (day)
cross join generate_series(1, 100) as orders (number);
";

async fn healthy() -> TestDatabase {
    let database = TestDatabase::new().await;
    database
        .client()
        .await
        .batch_execute(HEALTHY)
        .await
        .expect("a healthy pipeline");
    database
}

/// Runs the monitor and reads its report, which must be of the published form.
async fn monitored(ctx: &StageContext) -> anyhow::Result<(StageReport, Value)> {
    let outcome = monitor::run(ctx, &monitor::Options::default()).await?;
    let path = ctx
        .config
        .paths
        .processed_dir()
        .join("monitoring_report.json");
    let report: Value = serde_json::from_slice(&fs::read(path)?)?;
    let schema_path = workspace_root().join("tests/schemas/monitoring_report.v1.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema_path)?)?;
    let validator = jsonschema::validator_for(&schema)?;
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    Ok((outcome, report))
}

/// Goal: a pipeline in order is healthy, although its data ended a fortnight ago.
/// Method: a run, a batch, a verdict and a flat series; the report is checked by its schema.
#[tokio::test]
async fn a_pipeline_in_order_is_healthy() -> anyhow::Result<()> {
    let database = healthy().await;
    let ctx = database.context("monitor");
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Succeeded);
    assert_eq!(report["pipeline_health"], "healthy");
    assert_eq!(report["overall_health_score"], 100.0);
    assert_eq!(report["alerts"], serde_json::json!([]));
    let checks = &report["checks"];
    assert_eq!(checks["last_execution"]["hours_since_last_run"], 2.0);
    assert_eq!(checks["data_freshness"]["max_lag_hours"], 2.0);
    assert_eq!(
        checks["data_freshness"]["datasets"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    assert_eq!(checks["data_volume_anomalies"]["actual_count"], 100);
    assert_eq!(
        checks["data_volume_anomalies"]["series"][0]["bucket"],
        "2025-12-31"
    );
    assert_eq!(checks["data_quality"]["quality_score"], 99.5);
    assert!(checks["database_connectivity"]["connections_active"].as_i64() >= Some(1));
    Ok(())
}

/// Goal: a day that lost its orders is an anomaly with exit code 7; the day that runs is not.
/// Method: 95 of 100 orders of the last closed day go; one order of today comes.
#[tokio::test]
async fn a_dead_day_is_an_anomaly() -> anyhow::Result<()> {
    let database = healthy().await;
    database
        .client()
        .await
        .batch_execute(
            "delete from production.transactions
             where sale_date = '2025-12-31' and transaction_id > '1231-14';
             insert into production.transactions (
                 source, transaction_id, sale_date, row_hash, batch_id, first_batch_id,
                 first_loaded_at, loaded_at
             ) values (
                 'synthetic', 'today', '2026-01-15', 'h', 1, 1,
                 '2026-01-15 00:00Z', '2026-01-15 00:00Z'
             )",
        )
        .await?;
    let ctx = database.context("monitor");
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Anomaly);
    assert_eq!(outcome.status.exit_code(), 7);
    let volume = &report["checks"]["data_volume_anomalies"];
    assert_eq!(volume["status"], "error");
    assert_eq!(volume["anomaly_type"], "low");
    assert_eq!(volume["series"][0]["bucket"], "2025-12-31");
    assert_eq!(report["overall_health_score"], 80.0);
    assert_eq!(report["pipeline_health"], "degraded");
    assert_eq!(report["alerts"][0]["state"], "firing");

    // The same failure a second time is counted, not told again; a recovery is told once.
    let (_, second) = monitored(&ctx).await?;
    assert_eq!(second["alerts"][0]["state"], "suppressed");
    assert_eq!(second["alerts"][0]["count"], 2);
    assert_eq!(
        second["alerts"][0]["fingerprint"],
        report["alerts"][0]["fingerprint"]
    );
    Ok(())
}

/// Goal: what did not happen is noticed.
/// Method: the same state three days later, seen by its clock; then a run that failed.
#[tokio::test]
async fn what_is_overdue_is_an_error() -> anyhow::Result<()> {
    let database = healthy().await;
    let mut ctx = database.context("monitor");
    ctx.started_at = "2026-01-18T02:00:00Z".parse()?;
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Anomaly);
    assert_eq!(report["checks"]["last_execution"]["status"], "error");
    assert_eq!(report["checks"]["data_freshness"]["status"], "error");
    assert_eq!(report["overall_health_score"], 50.0);
    assert_eq!(report["pipeline_health"], "critical");
    Ok(())
}

/// Goal: a warning degrades the health and keeps exit code 0; a blocked batch is an error.
/// Method: the decision of the last judgement.
#[tokio::test]
async fn the_last_judgement_of_the_data_counts() -> anyhow::Result<()> {
    let database = healthy().await;
    let ctx = database.context("monitor");
    let client = database.client().await;
    client
        .batch_execute("update ops.quality_runs set decision = 'warn'")
        .await?;
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Succeeded);
    assert_eq!(report["overall_health_score"], 90.0);
    assert_eq!(report["pipeline_health"], "degraded");

    client
        .batch_execute(
            "update ops.quality_runs set decision = 'block', blocking_failures = '{row_count}';
             update ops.batches set state = 'blocked'",
        )
        .await?;
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Anomaly);
    assert_eq!(report["overall_health_score"], 75.0);

    // Somebody accepted it: it is published, and the doubt remains as a warning.
    client
        .batch_execute("update ops.batches set state = 'published'")
        .await?;
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Succeeded);
    assert_eq!(report["pipeline_health"], "degraded");
    Ok(())
}

/// Goal: the report is written above all when the server is down.
/// Method: an address where nobody listens.
#[tokio::test]
async fn an_unreachable_server_is_reported() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut ctx = common::testing::context_without_database(dir.path());
    let address = "postgres://nobody:secret-word@127.0.0.1:1/nothing".to_owned();
    ctx.config.database.url = Some(common::config::DatabaseUrl(address));
    ctx.config.database.connect_attempts_max = 1;
    let (outcome, report) = monitored(&ctx).await?;
    assert_eq!(outcome.status, Status::Anomaly);
    assert_eq!(report["pipeline_health"], "critical");
    assert_eq!(report["checks"]["database_connectivity"]["status"], "error");
    assert_eq!(report["checks"]["data_quality"]["status"], "unknown");
    assert_eq!(report["alerts"][0]["severity"], "critical");
    assert!(!report.to_string().contains("secret-word"));
    Ok(())
}

/// Goal: a database that nobody has used yet is told apart from one that is down.
/// Method: migrated, but empty.
#[tokio::test]
async fn a_pipeline_that_never_ran_says_so() -> anyhow::Result<()> {
    let database = TestDatabase::new().await;
    let (outcome, report) = monitored(&database.context("monitor")).await?;
    assert_eq!(outcome.status, Status::Anomaly);
    assert_eq!(report["checks"]["last_execution"]["last_run"], Value::Null);
    assert_eq!(report["checks"]["data_quality"]["status"], "unknown");
    assert_eq!(report["checks"]["database_connectivity"]["status"], "ok");
    Ok(())
}
