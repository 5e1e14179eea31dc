//! `quality init`: a contract that the rows it was drafted from keep.

use std::path::PathBuf;

use common::StageReport;
use quality::{Command, InitOptions, Options};

use super::shop::{STAGED, Shop};

fn options(from: &str) -> InitOptions {
    InitOptions {
        from: from.to_owned(),
        out: None,
        batch: None,
        force: false,
    }
}

async fn try_init(shop: &Shop, options: InitOptions) -> anyhow::Result<StageReport> {
    let options = Options {
        command: Some(Command::Init(options)),
        ..Options::default()
    };
    quality::run(&shop.ctx, &options).await
}

/// The text of a drafted contract.
async fn draft(shop: &Shop, from: &str) -> String {
    let report = try_init(shop, options(from)).await.expect(from);
    let findings = report.findings.expect("findings");
    findings["contract"]
        .as_str()
        .expect("a contract")
        .to_owned()
}

/// A shop with nulls, bounds below zero, statuses and ids that differ in length.
async fn varied_shop() -> (Shop, PathBuf) {
    let mut shop = Shop::with_orders(100).await;
    let folder = shop.configure("");
    shop.execute(
        "update staging.products set brand = null where row_id % 7 = 0;
        update staging.products set price = row_id * 13.37, category = 'Kind ' || row_id % 3,
            stock_quantity = row_id - 60, supplier_id = 'SUP-' || row_id * 97;
        insert into staging.suppliers
            select 'shop', 'SUP-' || n * 97, 'Supplier', null, null, null, 3, null,
                1, n, 7, n + 1, '2026-01-15T02:00Z' from generate_series(1, 100) as n;
        insert into ops.ledger (batch_id, layer, dataset, rows_staged)
            values (1, 'staging', 'suppliers', 100);",
    )
    .await;
    (shop, folder)
}

/// Goal: what is drafted is read without complaint, and its own rows keep all of it.
/// Method: draft every table of a shop, lay the drafts in the place of its contracts, and judge.
#[tokio::test]
async fn the_rows_that_a_contract_was_drafted_from_pass_it_at_100() {
    let (shop, folder) = varied_shop().await;
    for entity in STAGED {
        let out = folder.join(format!("contracts/{entity}.odcs.yaml"));
        let options = InitOptions {
            out: Some(out),
            force: true,
            ..options(&format!("staging.{entity}"))
        };
        let report = try_init(&shop, options).await.expect(entity);
        assert_eq!(report.warnings, [""; 0], "{entity}");
    }
    shop.judge().await;
    let json = shop.report();
    let odd: Vec<_> = json["results"]
        .as_array()
        .expect("results")
        .iter()
        .filter(|result| result["status"] != "pass" && result["status"] != "skip")
        .collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert_eq!(json["overall_quality_score"], 100.0);
    assert!(json["results"].as_array().expect("results").len() > 100);
}

/// Goal: what is drafted says what was seen, in the words of the standard.
/// Method: the draft of a table whose columns differ.
#[tokio::test]
async fn a_draft_says_what_was_seen() {
    let (shop, _) = varied_shop().await;
    let text = draft(&shop, "staging.products").await;
    let property = |name: &str| -> String {
        let start = text.find(&format!("- name: {name}\n")).expect(name);
        let rest = &text[start + 1..];
        let end = rest.find("\n      - name: ").unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    for (name, words) in [
        ("product_id", "primaryKeyPosition: 2"),
        ("product_id", "required: true"),
        ("product_id", "pattern: ^K[0-9]+$"),
        ("supplier_id", "pattern: ^SUP-[0-9]+$"),
        ("supplier_id", "maxLength: 10"),
        ("supplier_id", "to: suppliers.supplier_id"),
        ("brand", "mustBeLessOrEqualTo: 14"),
        ("category", "- Kind 0"),
        ("price", "minimum: 0"),
        ("price", "maximum: 10000"),
        ("stock_quantity", "minimum: -100"),
        ("stock_quantity", "maximum: 100"),
        ("updated_at", "2020-01-01T00:00:00Z"),
        ("updated_at", "2029-12-31T23:59:59.999999Z"),
    ] {
        let property = property(name);
        assert!(property.contains(words), "{words}\n{property}\n{text}");
    }
    assert!(
        text.contains("value: 3") || text.contains("value: 2"),
        "criticality\n{text}"
    );
    assert!(
        !property("supplier_id").contains("unique"),
        "a foreign key is not unique"
    );
}

/// Goal: nobody's data gets into a contract.
/// Method: personal values that a draft could take for a bound, a list or a pattern.
#[tokio::test]
async fn a_draft_holds_nothing_of_a_personal_column() {
    let (shop, _) = varied_shop().await;
    shop.execute(
        "create table staging.guests (
            source text, guest_id text, given_name text, \"Phone\" text, note text,
            batch_id bigint, row_id bigint, file_id bigint, source_line bigint,
            loaded_at timestamptz
        );
        insert into staging.guests
            select 'shop', 'G' || n, 'Grace', '0190-7', 'Likes tea', 1, n, 7, n, now()
            from generate_series(1, 30) as n",
    )
    .await;
    let mut all = String::new();
    for entity in ["customers", "transactions", "guests"] {
        all += &draft(&shop, &format!("staging.{entity}")).await;
    }
    for value in [
        "Ada",
        "Lovelace",
        "example.org",
        "London",
        "Street 1",
        "1980",
        "N1",
        "Grace",
        "0190",
        "tea",
    ] {
        assert!(!all.contains(value), "{value}\n{all}");
    }
    assert!(all.matches("classification: personal").count() > 15);
}

/// Goal: tables and values that were made to be trouble are drafted, and their rows pass.
/// Method: quotes and words of YAML in names and values, infinite and missing ones, no contract.
#[tokio::test]
async fn troublesome_names_and_values_are_drafted_and_pass() {
    let mut shop = Shop::with_orders(1).await;
    let folder = shop.configure("");
    shop.execute(
        "create table staging.things (
            source text, thing_id text, \"it's \"\"odd\"\"; --\" text, word text, ratio numeric,
            endless date, seen_on date, tiny numeric, nothing text, at time, tags text[],
            batch_id bigint, row_id bigint, file_id bigint, source_line bigint,
            loaded_at timestamptz
        );
        insert into staging.things
            select 'shop', n || '.a', (array['no', '1e3', '2020-01-01', E'a: \"b\"\\n#c', ''])[n % 5 + 1],
                (array['null', '~', E'tab\\there', 'it''s \\d', '- x'])[n % 5 + 1],
                case when n = 3 then numeric 'NaN' else n end, 'infinity', date '2019-12-31' + n, n * 0.0001,
                null, '08:00', array['x'], 1, n, 7, n, now()
            from generate_series(1, 40) as n",
    )
    .await;
    let out = folder.join("contracts/things.odcs.yaml");
    let written = InitOptions {
        out: Some(out.clone()),
        ..options("staging.things")
    };
    try_init(&shop, written).await.expect("a contract");
    let text = std::fs::read_to_string(&out).expect("the contract");
    assert!(
        text.contains("unique: true"),
        "named after its table\n{text}"
    );
    assert!(text.contains("[0-9]+\\.a$"), "{text}");
    assert!(
        !text.contains("infinity") && !text.to_lowercase().contains("nan\n"),
        "{text}"
    );
    shop.execute(
        "delete from ops.ledger;
        insert into ops.ledger (batch_id, layer, dataset, rows_staged)
            values (1, 'staging', 'things', 40)",
    )
    .await;
    quality::run(&shop.ctx, &Options::default())
        .await
        .expect("a verdict");
    let json = shop.report();
    assert_eq!(
        json["overall_quality_score"], 100.0,
        "{text}\n{:#}",
        json["results"]
    );
    assert_eq!(json["gate"]["decision"], "pass", "{:#}", json["results"]);
}

/// Goal: no file is lost, and what cannot be drafted is said.
/// Method: a file that is there, tables without rows or without a name, a batch that is not there.
#[tokio::test]
async fn what_cannot_be_drafted_is_an_error_with_a_hint() {
    let mut shop = Shop::with_orders(1).await;
    let folder = shop.configure("");
    let path = folder.join("contracts/products.odcs.yaml");
    let before = std::fs::read_to_string(&path).expect("a contract");
    let refusal = async |options: InitOptions| {
        let error = try_init(&shop, options).await.expect_err("a refusal");
        assert_eq!(common::errors::exit_code(&error), 2);
        common::errors::describe(&error)
    };
    let existing = InitOptions {
        out: Some(path.clone()),
        ..options("staging.products")
    };
    assert!(refusal(existing.clone()).await.contains("use --force"));
    assert!(
        refusal(options("staging.product"))
            .await
            .contains("did you mean `staging.products`?")
    );
    assert!(
        refusal(options("products; drop table x"))
            .await
            .contains("no table is named")
    );
    assert!(
        refusal(options("staging.suppliers"))
            .await
            .contains("holds no row")
    );
    let of_no_batch = InitOptions {
        batch: Some(99),
        ..options("staging.products")
    };
    assert!(
        refusal(of_no_batch)
            .await
            .contains("holds no row of batch 99")
    );
    assert_eq!(std::fs::read_to_string(&path).expect("a contract"), before);
    shop.ctx.dry_run = true;
    let forced = InitOptions {
        force: true,
        ..existing
    };
    let report = try_init(&shop, forced).await.expect("a draft");
    assert_eq!(report.findings.expect("findings")["is_written"], false);
    assert_eq!(std::fs::read_to_string(&path).expect("a contract"), before);
}

/// Goal: a key that does not hold in the rows is not promised.
/// Method: a repeated key.
#[tokio::test]
async fn a_key_that_repeats_is_left_out_and_said() {
    let shop = Shop::with_orders(5).await;
    shop.execute("update staging.products set product_id = 'K1' where row_id = 2")
        .await;
    let report = try_init(&shop, options("staging.products"))
        .await
        .expect("a draft");
    assert!(
        report.warnings[0].contains("the key (product_id) repeats"),
        "{:?}",
        report.warnings
    );
    let text = report.findings.expect("findings")["contract"].to_string();
    assert!(!text.contains("primaryKey"), "{text}");
}
