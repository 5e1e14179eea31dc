//! Contracts as they are written, and what a source may change in them.

use std::path::Path;

use common::Status;
use common::testing::{TestDatabase, workspace_root};
use quality::Options;

use super::shop::Shop;

/// Goal: a source relaxes a check by name, and the report says so.
#[tokio::test]
async fn a_source_may_relax_a_check_by_name_and_the_report_says_so() {
    let mut shop = Shop::with_orders(100).await;
    shop.configure(
        "[source]\nname = \"anything that stage understands\"\n\n[quality.checks]\n\
         \"customers.email.nullValues\" = { enabled = false }\n\
         \"products.price.minimum\" = { severity = \"warning\" }\n\
         \"products.price.nullValues\" = { mustBeLessThan = 60, unit = \"percent\" }\n",
    );
    shop.execute(
        "update staging.customers set email = null;
        update staging.products set price = -1, cost = null where row_id = 1;
        update staging.products set price = null where row_id between 2 and 51",
    )
    .await;
    shop.judge().await;
    assert_eq!(shop.verdict("customers", 1).await, "");
    assert!(
        shop.verdict("products", 1)
            .await
            .starts_with("warned: products.price.minimum")
    );
    let json = shop.report();
    let result = |id: &str| {
        let results = json["results"].as_array().expect("results");
        results
            .iter()
            .find(|result| result["check_id"] == id)
            .expect("a result")
            .clone()
    };
    assert_eq!(result("customers.email.nullValues")["status"], "skip");
    assert_eq!(result("products.price.minimum")["severity"], "warn");
    assert_eq!(result("products.price.minimum")["overridden"], true);
    assert_eq!(result("products.price.nullValues")["status"], "pass");
    assert_eq!(result("products.price.nullValues")["expected"], "< 60 %");
    assert_eq!(json["overrides"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        json["overrides"][0]["change"],
        "customers.email.nullValues: disabled"
    );
}

async fn refusal(shop: &Shop) -> String {
    let error = shop
        .try_judge(&Options::default())
        .await
        .expect_err("a refusal");
    assert_eq!(common::errors::exit_code(&error), 2);
    common::errors::describe(&error)
}

/// Goal: a contract or a source that says something wrong is told where.
/// Method: one mistake after the other, each judged.
#[tokio::test]
async fn what_a_source_or_contract_says_wrongly_is_named_with_file_and_line() {
    let mut shop = Shop::with_orders(1).await;
    let folder =
        shop.configure("[quality.checks]\n\"customers.email.patern\" = { enabled = false }\n");
    let text = refusal(&shop).await;
    assert!(
        text.contains("source.toml:2: no check is named `customers.email.patern`"),
        "{text}"
    );
    assert!(
        text.contains("did you mean `customers.email.pattern`?"),
        "{text}"
    );

    shop.configure("[quality]\nsnapshot = [\"products\"]\n");
    let text = refusal(&shop).await;
    assert!(
        text.contains("source.toml:2:") && text.contains("`snapshot`"),
        "{text}"
    );

    shop.configure("");
    edit(
        &folder,
        "products",
        "required: true\n        logicalTypeOptions",
        "requierd: true\n        logicalTypeOptions",
    );
    let text = refusal(&shop).await;
    let line = line_of(&folder, "products", "requierd");
    assert!(
        text.contains(&format!(
            "products.odcs.yaml:{line}: unknown key `requierd`"
        )),
        "{text}"
    );
    assert!(text.contains("did you mean `required`?"), "{text}");

    shop.configure("");
    edit(
        &folder,
        "transactions",
        "implementation: order_total_differs",
        "implementation: order_total_difers",
    );
    let text = refusal(&shop).await;
    assert!(
        text.contains("no rule is named `order_total_difers`; did you mean `order_total_differs`?"),
        "{text}"
    );
}

fn edit(folder: &Path, contract: &str, from: &str, to: &str) {
    let path = folder.join(format!("contracts/{contract}.odcs.yaml"));
    let text = std::fs::read_to_string(&path).expect("a contract");
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).expect("a contract");
}

fn line_of(folder: &Path, contract: &str, part: &str) -> usize {
    let path = folder.join(format!("contracts/{contract}.odcs.yaml"));
    let text = std::fs::read_to_string(path).expect("a contract");
    text.lines()
        .position(|line| line.contains(part))
        .expect("a line")
        + 1
}

/// Goal: library metrics and queries of the standard run, over the rows of the batch alone.
#[tokio::test]
async fn metrics_and_queries_of_the_standard_run_over_the_batch_alone() {
    let mut shop = Shop::with_orders(40).await;
    let folder = shop.configure("");
    let path = folder.join("contracts/products.odcs.yaml");
    let contract = std::fs::read_to_string(&path).expect("a contract")
        + "      - metric: rowCount
        mustBeGreaterThan: 4
      - id: brands
        metric: duplicateValues
        arguments: {properties: [brand, product_name]}
        mustBeLessThan: 100
        unit: percent
        severity: warning
      - id: all_here
        type: sql
        query: select count(*) from {object}
        mustBe: 40
        severity: warning
      - id: no_gold
        type: sql
        query: select not exists (select 1 from {object} where category = 'Gold')
        mustBe: true
        severity: critical
";
    std::fs::write(path, contract).expect("a contract");
    shop.add_batch(2, "other", 5).await;
    shop.execute("update staging.products set category = 'Gold' where batch_id = 1 and row_id = 3")
        .await;
    let report = shop.judge().await;
    assert_eq!(
        report.status,
        Status::Partial,
        "one source of two is blocked"
    );
    let status = shop
        .db
        .rows(
            "select check_id, string_agg(status, ' ' order by batch_id) from ops.check_results
            where check_id in ('products.rowCount', 'products.brands', 'products.all_here',
                'products.no_gold')
            group by check_id order by check_id",
        )
        .await;
    let status: Vec<String> = status
        .into_iter()
        .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join("="))
        .collect();
    assert_eq!(
        status,
        [
            "products.all_here=pass warn",
            "products.brands=pass pass",
            "products.no_gold=fail pass",
            "products.rowCount=pass pass",
        ]
    );
}

/// Goal: what the database cannot run is refused with file and line before anything is judged.
/// Method: a pattern, an expression, queries, a list, a bound and a column that do not fit the
/// table; then what the database holds of a verdict.
#[tokio::test]
async fn what_the_database_cannot_run_is_refused_before_anything_is_judged() {
    let mut shop = Shop::with_orders(1).await;
    let mut folder = shop.configure("");
    let query = |query: &str, operator: &str| {
        format!("      - {{id: x, type: sql, query: \"{query}\", {operator}}}\n")
    };
    let count = "select count(*) from {object}";
    for (below, words) in [
        ("        logicalTypeOptions: {pattern: '('}".to_owned(), "parentheses () not balanced"),
        ("        quality: [{metric: invalidValues, arguments: {pattern: '[z-a]'}}]".to_owned(),
            "invalid character range"),
        ("        quality: [{id: x, type: custom, engine: bullion, implementation: no_column > 1}]"
            .to_owned(), "column \"no_column\" does not exist"),
        ("        quality: [{id: x, type: custom, engine: bullion, implementation: brand >}]"
            .to_owned(), "syntax error"),
        (query("select count(*) from {object} where", "mustBe: 0"), "syntax error"),
        (query("select max(brand) from {object}", "mustBe: 0"), "it answers with a text"),
        (query(&format!("{count}) , (select 1"), "mustBe: 0"), "closes a parenthesis"),
        ("      - {name: colour, logicalType: string}".to_owned(), "no column `colour`"),
    ] {
        let path = folder.join("contracts/products.odcs.yaml");
        let contract = std::fs::read_to_string(&path).expect("a contract");
        let brand = "      - name: brand\n        description: Brand\n        logicalType: string\n\
                     \x20       physicalType: text\n";
        assert!(contract.contains(brand), "{contract}");
        let contract = if below.contains("type: sql") {
            contract + &below
        } else {
            contract.replacen(brand, &format!("{brand}{below}\n"), 1)
        };
        std::fs::write(path, contract).expect("a contract");
        let text = refusal(&shop).await;
        assert!(text.contains("products.odcs.yaml:") && text.contains(words), "{below}\n{text}");
        assert!(!text.contains("failed to"), "{text}");
        folder = shop.configure("");
    }
    let written = "select count(*) from ops.check_results";
    assert_eq!(shop.db.number(written).await, 0);
}

/// Goal: an operator that asks for rows is a question about the table, and holds no row back.
/// Method: nulls that must be there, and are or are not.
#[tokio::test]
async fn rows_that_a_contract_asks_for_are_not_held_back() {
    let mut shop = Shop::with_orders(40).await;
    let folder = shop.configure("");
    edit(
        &folder,
        "products",
        "        description: Brand\n",
        "        description: Brand\n        quality:\n\
         \x20         - {id: some, metric: nullValues, mustBeGreaterThan: 1}\n\
         \x20         - {id: share, metric: nullValues, mustBeBetween: [4, 6], unit: percent}\n\
         \x20         - {id: repeats, metric: duplicateValues, mustBeGreaterThan: 36}\n",
    );
    shop.execute("update staging.products set brand = null where row_id <= 2")
        .await;
    assert_eq!(shop.judge().await.status, Status::Succeeded);
    assert_eq!(shop.verdict("products", 1).await, "");
    shop.execute("update staging.products set brand = 'B' || row_id; update ops.batches set state = 'staged'")
        .await;
    assert_eq!(shop.judge().await.status, Status::Blocked);
    let failures = shop
        .text("select array_to_string(blocking_failures, ' ') from ops.quality_runs")
        .await;
    assert_eq!(
        failures,
        "products.brand.some products.brand.share products.brand.repeats"
    );
}

/// Goal: the age of the newest row counts from the day that the batch is about.
/// Method: rows of several ages, of the future, and without a time.
#[tokio::test]
async fn freshness_warns_then_fails_and_is_not_greened_by_the_future() {
    let mut shop = Shop::with_orders(4).await;
    let folder = shop.configure("");
    let path = folder.join("contracts/transactions.odcs.yaml");
    let contract = std::fs::read_to_string(&path).expect("a contract")
        + "slaProperties:\n  - {property: freshness, element: transactions.updated_at, value: 12, \
           valueExt: 24, unit: h}\n";
    std::fs::write(path, contract).expect("a contract");
    for (change, status, actual) in [
        ("'2026-01-15T01:30Z'", "pass", "30 min old"),
        ("'2026-01-14T14:00Z'", "pass", "12 h old"),
        ("'2026-01-14T08:00Z'", "warn", "18 h old"),
        ("'2026-01-13T02:00Z'", "fail", "2 d old"),
        (
            "case when row_id = 1 then timestamptz '2027-01-01T00:00Z' else '2026-01-13T02:00Z' end",
            "fail",
            "2 d old",
        ),
        ("null", "fail", "no time that is not in the future"),
    ] {
        shop.execute(&format!(
            "update staging.transactions set updated_at = {change};
            update ops.batches set state = 'staged'"
        ))
        .await;
        let report = shop.judge().await;
        assert_eq!(
            report.status == Status::Blocked,
            status == "fail",
            "{change}"
        );
        let json = shop.report();
        let results = json["results"].as_array().expect("results");
        let result = results
            .iter()
            .find(|result| result["check_id"] == "transactions.updated_at.freshness")
            .expect("a result");
        assert_eq!(result["status"], status, "{change}");
        assert_eq!(result["actual"], actual, "{change}");
        assert_eq!(result["dimension"], "timeliness");
        assert_eq!(result["expected"], "age <= 12 h (error beyond 1 d)");
    }
}

/// Goal: rows of an entity without a key are refused like others, known by their line alone.
/// Method: take the key out of a contract, and break one of its rules.
#[tokio::test]
async fn a_contract_needs_no_key() {
    let mut shop = Shop::with_orders(3).await;
    let folder = shop.configure("");
    let path = folder.join("contracts/products.odcs.yaml");
    let contract = std::fs::read_to_string(&path).expect("a contract");
    let without_key: Vec<&str> = contract
        .lines()
        .filter(|line| !line.contains("primaryKey"))
        .collect();
    std::fs::write(path, without_key.join("\n")).expect("a contract");
    shop.execute("update staging.products set price = -1 where row_id = 2")
        .await;
    shop.judge().await;
    let refused = shop
        .text(
            "select string_agg(concat_ws(' ', natural_key, source_line, rules), ', ')
            from ops.quarantine where dataset = 'products'",
        )
        .await;
    assert!(
        refused.starts_with("3 {products.price.minimum"),
        "{refused}"
    );
}

/// Goal: every column of a contract is in the schema, and the other way round.
#[tokio::test]
async fn contracts_list_the_columns_of_staging_and_no_other() {
    let db = TestDatabase::new().await;
    let contracts =
        quality::contract_columns(&workspace_root().join("config/contracts")).expect("contracts");
    assert_eq!(contracts.len(), 14);
    for (entity, columns) in contracts {
        let rows = db
            .rows(&format!(
                "select attname::text from pg_catalog.pg_attribute
                where attrelid = 'staging.{entity}'::regclass and attnum > 0 and not attisdropped
                and attname not in ('batch_id', 'row_id', 'file_id', 'source_line', 'loaded_at')
                order by attnum"
            ))
            .await;
        let staged: Vec<String> = rows.into_iter().flatten().flatten().collect();
        assert_eq!(columns, staged, "{entity}");
    }
}

/// Goal: the files of `sql/quality/` that contracts call are valid against the schema.
#[tokio::test]
async fn every_named_rule_prepares() {
    let db = TestDatabase::new().await;
    let client = db.client().await;
    for rule in &quality::rules::RULES {
        client
            .prepare(rule.sql.text)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", rule.name));
    }
}
