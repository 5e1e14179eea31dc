//! The published report.

use common::Status;
use common::testing::workspace_root;
use quality::Options;
use serde_json::Value;

use super::shop::{SAME, STAGED, Shop, copy_row};

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
    assert!(
        shop.page()
            .contains("data-repeated-from=\"2026-01-15T02:00:00.000Z\"")
    );
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
    assert!(!shop.ctx.config.paths.processed_dir().exists());
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
    assert!(!shop.page().to_lowercase().contains("canary"));
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

/// Goal: people and programs read the same figures.
/// Method: a batch with errors, warnings, consequences and duplicates; each figure of the page is
/// looked up in the JSON.
#[tokio::test]
async fn the_page_tells_what_the_json_tells() {
    let shop = Shop::with_orders(1_000).await;
    shop.execute(
        "update staging.customers set email = 'nobody' where row_id <= 3;
        update staging.transaction_items set quantity = -1 where row_id = 7;
        update staging.products set price = -1 where row_id in (8, 9)",
    )
    .await;
    copy_row(&shop, "customers", 1, 1_001, SAME).await;
    shop.judge().await;
    let (json, page) = (shop.report(), shop.page());
    assert_schema(&json);

    for (figure, value) in [
        ("overall_quality_score", &json["overall_quality_score"]),
        ("quality_grade", &json["quality_grade"]),
        ("checks_made", &json["statistics"]["evaluated_expectations"]),
        (
            "checks_passed",
            &json["statistics"]["successful_expectations"],
        ),
        ("rows_staged", &json["rows"]["staged"]),
        ("rows_publishable", &json["rows"]["publishable"]),
        ("rows_quarantined", &json["rows"]["quarantined"]),
        ("rows_consequence", &json["rows"]["consequence"]),
        ("rows_superseded", &json["rows"]["superseded"]),
        ("rows_warned", &json["rows"]["warned"]),
    ] {
        let shown = between(&page, &format!("data-figure=\"{figure}\" value=\""), "\"");
        assert_eq!(shown, value.to_string().trim_matches('"'), "{figure}");
        assert_ne!(shown, "0", "{figure}");
    }
    assert_eq!(json["rows"]["staged"], 6_001);
    let decision = between(&page, "data-gate=\"", "\"");
    assert_eq!(json["gate"]["decision"], decision);
    for (dimension, part) in json["dimension_scores"].as_object().expect("dimensions") {
        let shown = between(&page, &format!("data-dimension=\"{dimension}\">"), "<");
        assert_eq!(
            shown,
            format!("{:.2}", part["score"].as_f64().expect("a score"))
        );
    }
    let is_bad = |it: &&Value| it["status"] == "fail" || it["status"] == "warn";
    let results = json["results"].as_array().expect("results");
    for result in results.iter().filter(is_bad) {
        let id = result["check_id"].as_str().expect("an id");
        let mark = format!("data-check=\"{id}\" data-source=\"shop\" data-failed=\"");
        assert_eq!(
            result["unexpected_count"].to_string(),
            between(&page, &mark, "\""),
            "{id}"
        );
    }
    assert_eq!(
        page.matches("data-check=").count(),
        results.iter().filter(is_bad).count()
    );
    // The worst comes first: what was quarantined, and then what was warned of.
    assert!(
        page.find("data-check=\"products.price")
            < page.find("data-check=\"customers.email.pattern")
    );
    assert!(
        page.contains("<code>customer_id = K3"),
        "keys of failing rows are shown"
    );
}

/// Goal: the trend of the score, and each check's own, over the runs.
/// Method: a good batch, one that is blocked, and one with a warning.
#[tokio::test]
async fn three_runs_make_a_trend() {
    let mut shop = Shop::with_orders(200).await;
    shop.configure(
        "[quality.checks]\n\"products.cost_under_price\" = { severity = \"critical\" }\n",
    );
    shop.judge().await;
    let changes = [
        "update staging.products set cost = 11 where row_id = 1",
        "update staging.customers set email = 'nobody' where row_id <= 20",
    ];
    let mut words = vec![gate_of(&shop.page())];
    for (batch_id, change) in (2..).zip(changes) {
        for table in STAGED.iter().chain(&["retailers"]) {
            shop.execute(&format!("truncate staging.{table}")).await;
        }
        shop.add_batch(batch_id, "shop", 200).await;
        shop.execute(change).await;
        shop.judge().await;
        words.push(gate_of(&shop.page()));
    }
    assert_eq!(
        words,
        [
            "● gate open",
            "✕ gate blocked",
            "▲ gate open, with warnings"
        ]
    );
    let (json, page) = (shop.report(), shop.page());
    assert_schema(&json);

    let history = &json["history"][0];
    let runs = history["runs"].as_array().expect("runs");
    let decisions: Vec<&str> = runs
        .iter()
        .filter_map(|it| it["decision"].as_str())
        .collect();
    assert_eq!(decisions, ["pass", "block", "warn"]);
    assert_eq!(
        runs[2]["overall_quality_score"],
        json["overall_quality_score"]
    );
    let checks = &history["checks"];
    let statuses = &checks["products.cost_under_price"]["statuses"];
    assert_eq!(statuses, &serde_json::json!(["pass", "fail", "pass"]));
    let percents = &checks["customers.email.pattern"]["unexpected_percents"];
    assert_eq!(percents, &serde_json::json!([0.0, 0.0, 10.0]));
    // What always passed is told by the page alone.
    assert!(checks["customers.customer_id.unique"].is_null(), "{checks}");

    assert!(page.contains("data-trend=\"shop\" data-runs=\"3\""));
    assert_eq!(page.matches("class=\"blocked\"").count(), 1);
    assert!(page.contains("the last 3 verdicts") && page.contains("1 blocked"));
    assert!(page.contains("warned 1 of 3 runs, at most 10 %"));
    assert!(page.contains("failed 1 of 3 runs, at most 0.5 %"));
    assert!(page.contains("passed 3 of 3"));
}

/// Goal: the page opens anywhere, without network and without a program in it.
#[tokio::test]
async fn the_page_needs_nothing_else() {
    let shop = Shop::with_orders(10).await;
    shop.execute("update staging.products set price = -1 where row_id = 1")
        .await;
    shop.judge().await;
    let page = shop.page();
    for foreign in [
        "http:",
        "https:",
        "src=",
        "url(",
        "@import",
        "<script",
        "<link",
        "javascript",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert_eq!(
        page.matches("href=\"").count(),
        page.matches("href=\"#").count()
    );
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    // The same page is kept with the run's own report.
    let history = shop
        .ctx
        .config
        .paths
        .processed_dir()
        .join("history/data_quality_report");
    let own = format!("20260115T020000Z_{}.html", shop.ctx.run_id);
    assert_eq!(
        std::fs::read_to_string(history.join(own)).expect("a page"),
        page
    );
}

/// Goal: names and keys of others cannot become a part of the page.
/// Method: a source, keys and the reason of a person that are markup.
#[tokio::test]
async fn hostile_texts_are_escaped() {
    let mut shop = Shop::with_orders(10).await;
    shop.configure(
        "[quality.checks]\n\"products.cost_under_price\" = { severity = \"critical\" }\n",
    );
    let hostile = "<script>alert(\"1\")</script>";
    shop.execute(&format!(
        "update staging.products set product_id = '{hostile}' || e'\\u202e', cost = 11
        where row_id = 1;
        update staging.transaction_items set product_id = '{hostile}' where row_id = 2"
    ))
    .await;
    let options = Options {
        accept_gate: Some(hostile.to_owned()),
        ..Options::default()
    };
    shop.try_judge(&options).await.expect("a verdict");
    let page = shop.page();
    assert!(
        page.contains("product_id = &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\\u{202e}")
    );
    assert!(
        page.contains("<bdi>&lt;script&gt;alert"),
        "the reason is shown"
    );
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
}

/// The first words of a page.
fn gate_of(page: &str) -> String {
    let heading = between(page, "<h1>Data quality: <b class=\"", "</b>");
    heading
        .split_once("\">")
        .map_or("", |(_, words)| words)
        .to_owned()
}

/// What stands between two marks; empty where the first is missing.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or("", |(found, _)| found)
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
