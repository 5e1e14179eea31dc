//! `quality explain`: all about one check, and keys instead of values.

use common::StageReport;
use quality::{Command, ExplainOptions, Options};
use serde_json::{Value, json};

use super::shop::Shop;

async fn try_explain(
    shop: &Shop,
    check: &str,
    source: Option<&str>,
) -> anyhow::Result<StageReport> {
    let options = Options {
        command: Some(Command::Explain(ExplainOptions {
            check: check.to_owned(),
            source: source.map(str::to_owned),
            limit: 2,
        })),
        ..Options::default()
    };
    quality::run(&shop.ctx, &options).await
}

async fn explain(shop: &Shop, check: &str) -> Value {
    let report = try_explain(shop, check, None).await.expect(check);
    report.findings.expect("findings")
}

/// Goal: a person finds out what a check is, what it ran and which rows it found.
/// Method: a check that failed, explained while its rows are in staging and after they left.
#[tokio::test]
async fn a_check_is_explained_with_its_sql_its_results_and_the_keys_that_it_found() {
    let mut shop = Shop::with_orders(100).await;
    shop.configure("[quality.checks]\n\"products.price.minimum\" = { mustBeLessThan = 50 }\n");
    shop.execute("update staging.products set price = -777 where row_id in (3, 4, 5)")
        .await;
    shop.judge().await;

    let found = explain(&shop, "products.price.minimum").await;
    assert_eq!(found["severity"], "error");
    assert_eq!(found["dimension"], "validity");
    assert_eq!(found["expected"], "0 rows");
    assert!(
        found["asserts"]
            .as_str()
            .expect("words")
            .contains("`price` keeps to its bound")
    );
    let file = found["file"].as_str().expect("a file");
    let line = found["line"].as_u64().expect("a line");
    let text = std::fs::read_to_string(file).expect("the contract");
    let line = text
        .lines()
        .nth(usize::try_from(line).expect("a number") - 1)
        .expect("the line");
    assert!(line.contains("minimum"), "{line}");
    let change = found["overrides"][0].as_str().expect("an override");
    assert!(
        change.starts_with("shop: must be < 50") && change.ends_with("source.toml:2)"),
        "{change}"
    );
    let result = &found["results"][0];
    assert_eq!(result["batch_id"], 1);
    assert_eq!(result["status"], "pass");
    assert_eq!(result["unexpected_count"], 3);
    assert_eq!(result["element_count"], 100);
    assert_eq!(found["found"]["seen_in"], "staging");
    let rows = json!([
        {"key": "K3", "place": "orders.csv:4"},
        {"key": "K4", "place": "orders.csv:5"},
    ]);
    assert_eq!(found["found"]["rows"], rows, "no more than asked for");
    let sql = found["sql"].as_str().expect("a statement");
    assert!(
        sql.contains(r#""price" < 0"#) && sql.contains("batch_id = 1"),
        "{sql}"
    );
    assert!(
        !sql.contains("cost"),
        "the statement is about this check alone\n{sql}"
    );
    shop.client.prepare(sql).await.expect("the statement runs");

    let of_the_shop = try_explain(&shop, "products.price.minimum", Some("shop")).await;
    let of_the_shop = of_the_shop
        .expect("an explanation")
        .findings
        .expect("findings");
    assert_eq!(of_the_shop["expected"], "< 50 rows");
    shop.execute("delete from staging.retailers; delete from staging.products")
        .await;
    let later = explain(&shop, "products.price.minimum").await;
    assert_eq!(later["found"]["seen_in"], "quarantine");
    assert_eq!(later["found"]["rows"], rows);
    for told in [found, later] {
        assert!(!told.to_string().contains("777"), "{told}");
    }
}

/// Goal: every kind of check can be explained, judged or not, and its statement is one that runs.
/// Method: a check of each kind before any batch was judged.
#[tokio::test]
async fn checks_of_every_kind_have_a_statement_that_runs() {
    let shop = Shop::with_orders(1).await;
    for check in [
        "customers.email.pattern",
        "customers.customer_id.unique",
        "customers.duplicate",
        "transactions.customer_id.reference",
        "transactions.total_consistent",
        "transactions.transaction_at.not_in_future",
    ] {
        let found = explain(&shop, check).await;
        assert_eq!(found["results"], json!([]), "{check}");
        assert_eq!(found["found"], Value::Null, "{check}");
        let sql = found["sql"].as_str().expect("a statement");
        let prepared = shop.client.prepare(sql).await;
        assert!(prepared.is_ok(), "{check}: {prepared:?}\n{sql}");
    }
}

/// Goal: a name that nobody knows is answered with those that are near.
/// Method: a misspelt check and a source that is not there.
#[tokio::test]
async fn an_unknown_check_or_source_is_answered_with_near_names() {
    let mut shop = Shop::with_orders(1).await;
    shop.configure("");
    for (check, source, words) in [
        (
            "customers.email.patern",
            None,
            "did you mean customers.email.pattern",
        ),
        (
            "products.price_shift",
            None,
            "is of the gate, not of a contract",
        ),
        (
            "customers.email.pattern",
            Some("shp"),
            "no source is named `shp`\n  hint: did you mean shop?",
        ),
    ] {
        let error = try_explain(&shop, check, source).await.expect_err(check);
        assert_eq!(common::errors::exit_code(&error), 2);
        let text = common::errors::describe(&error);
        assert!(text.contains(words), "{text}");
    }
}
