//! The published report.

use common::Status;
use common::testing::workspace_root;
use quality::Options;
use serde_json::Value;

use super::shop::Shop;

/// Goal: with nothing staged the last verdict is repeated and marked so.
#[tokio::test]
async fn with_nothing_staged_the_last_verdict_is_repeated() {
    let shop = Shop::with_orders(10).await;
    let first = shop.judge().await;
    let again = quality::run(&shop.ctx, &Options::default())
        .await
        .expect("a report");
    assert_eq!(again.status, Status::NothingToDo);
    assert_eq!(again.quality, first.quality);
    assert_eq!(shop.report()["repeated_from"], "2026-01-15T02:00:00.000Z");
    assert_schema(&shop.report());
}

/// Goal: a dry run judges and changes nothing.
#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let mut shop = Shop::with_orders(10).await;
    shop.ctx.dry_run = true;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Succeeded);
    assert_eq!(shop.text("select state from ops.batches").await, "staged");
    assert_eq!(
        shop.db
            .number("select count(*) from ops.check_results")
            .await,
        0
    );
}

/// Goal: the report validates, and shows keys but no value of a person.
#[tokio::test]
async fn the_report_validates_and_holds_no_personal_value() {
    let shop = Shop::with_orders(100).await;
    shop.execute(
        "update staging.customers set email = 'canary-mail', last_name = 'Canary-Name'
        where row_id = 3;
        update staging.transactions set shipping_address = 'Canary Street', total_amount = 1
        where row_id = 4",
    )
    .await;
    shop.judge().await;
    let json = shop.report();
    assert_schema(&json);
    assert!(!json.to_string().to_lowercase().contains("canary"));
    let results = json["results"].as_array().expect("results");
    let result = results
        .iter()
        .find(|it| it["check_id"] == "customers.email.pattern")
        .expect("a result");
    assert_eq!(
        result["partial_unexpected_index_list"][0]["customer_id"],
        "K3"
    );
    assert_eq!(result["source"], "shop");
    assert_eq!(
        json["checks_performed"]["range_checks"]["details"]["customers.email.pattern"],
        1
    );
    assert_eq!(
        json["checks_performed"]["data_consistency"]["mismatches"],
        1
    );
}

fn assert_schema(report: &Value) {
    let path = workspace_root().join("tests/schemas/data_quality_report.v1.schema.json");
    let schema: Value =
        serde_json::from_slice(&std::fs::read(path).expect("a schema")).expect("json");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}
