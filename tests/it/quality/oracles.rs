//! Two public tools count what `quality` counts, over the same tables by the same contracts.
//!
//! The tools are no part of the project: where they are absent the tests say so and pass.

mod tools;

use std::collections::BTreeMap;

use common::testing::{TestDatabase, workspace_root};

use super::shop::Shop;
use crate::support::Pipeline;
use tools::{Answer, Oracles, Testimony};

/// Fewer than these would mean that names no longer meet.
const COMPARED_MIN: usize = 20;
/// Checks of the schema: ours is `contracts_list_the_columns_of_staging_and_no_other`.
const SCHEMA_KINDS: [&str; 3] = ["field_is_present", "field_type", "field_physical_type"];
/// Checks of a table as a whole; the one query of a contract is its third rule.
const TABLE_KINDS: [&str; 2] = ["row_count", "quality_sql_2"];
/// The same in the whole batch, so that ours do not ask about it.
const BATCH_CONSTANT: &str = "source";

/// A check of ours with its result.
#[derive(Debug)]
struct Ours {
    id: String,
    column: String,
    assertion: String,
    count: i64,
}

impl Ours {
    fn table(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// What tells one check of ours that a key of theirs belongs to.
struct Key<'a> {
    table: &'a str,
    column: &'a str,
    kind: &'a str,
}

impl<'a> Key<'a> {
    /// `<table>__<column>__…__<kind>`; checks of a table have no column.
    fn parse(key: &'a str) -> Self {
        let parts: Vec<&str> = key.split("__").collect();
        let [table, between @ .., kind] = parts.as_slice() else {
            panic!("`{key}` has no parts");
        };
        let column = between.first().copied().unwrap_or_default();
        Self {
            table,
            column,
            kind,
        }
    }

    fn is_ours(&self, ours: &Ours) -> bool {
        let name = ours.id.rsplit('.').next().unwrap_or_default();
        ours.table() == self.table
            && (ours.column == self.column || self.kind == "primary_key_unique")
            && match (self.kind, ours.assertion.as_str()) {
                ("field_required", "not_null") => name == "required",
                ("field_null_values" | "field_missing_values", "not_null") => name != "required",
                ("field_unique", "unique") => name == "unique",
                ("field_duplicate_values" | "model_duplicate_values", "unique") => {
                    !["unique", "duplicate"].contains(&name)
                }
                ("primary_key_unique", "unique") => name == "duplicate",
                ("field_min_length", "length") => name == "minLength",
                ("field_max_length", "length") => name == "maxLength",
                ("field_minimum", "range") => name.ends_with("inimum"),
                ("field_maximum", "range") => name.ends_with("aximum"),
                ("field_not_equal", "range") => name.starts_with("exclusive"),
                ("field_regex", "pattern") => name == "pattern",
                ("field_invalid_values", "pattern" | "accepted_values")
                | ("field_relationships", "reference")
                | ("row_count", "row_count")
                | ("quality_sql_2", "query") => true,
                _ => false,
            }
    }
}

async fn results(db: &TestDatabase) -> Vec<Ours> {
    let rows = db
        .rows(
            "select check_id, coalesce(column_name, ''), assertion, unexpected_count::text
            from ops.check_results where assertion <> 'guard' order by check_id",
        )
        .await;
    let results = rows.into_iter().map(|row| {
        let mut values = row.into_iter().map(|it| it.expect("a value"));
        let mut next = || values.next().expect("a column");
        Ours {
            id: next(),
            column: next(),
            assertion: next(),
            count: next().parse().expect("a number"),
        }
    });
    results.collect()
}

/// What a tool must have counted, if our count is right.
async fn expected(db: &TestDatabase, ours: &Ours, answer: &Answer) -> i64 {
    let key = Key::parse(&answer.key);
    let (table, id, column) = (key.table, &ours.id, &ours.column);
    let failing = |rules: &str| {
        format!(
            "from staging.{table} as staged
            inner join ops.rejections as rejection
                on rejection.batch_id = staged.batch_id and rejection.row_id = staged.row_id
            where rejection.dataset = '{table}' and rejection.rules && array[{rules}]"
        )
    };
    match key.kind {
        // They count keys that repeat; ours count the rows that have to go, under three names.
        "primary_key_unique" => {
            let last = answer.columns.last().expect("a key");
            let rules = format!(
                "'{table}.unique', '{table}.{last}.unique', '{table}.duplicate', \
                 '{table}.older_version'"
            );
            db.number(&distinct(&answer.columns, &failing(&rules)))
                .await
        }
        // They count values that repeat, ours the rows after the first of each.
        "field_unique" | "field_duplicate_values" | "model_duplicate_values" => {
            let columns = match answer.columns.as_slice() {
                [] => std::slice::from_ref(column),
                several => several,
            };
            db.number(&distinct(columns, &failing(&format!("'{id}'"))))
                .await
        }
        // Any parent is enough for them; ours must be a parent that is not refused.
        "field_relationships" => {
            let parts: Vec<&str> = answer.key.split("__").collect();
            let (parent, parent_column) = (parts[2], parts[3]);
            let refused = format!(
                "select count(*) {} and exists (
                    select 1 from staging.{parent} as parent
                    where parent.{parent_column} = staged.{column}
                )",
                failing(&format!("'{id}'"))
            );
            ours.count - db.number(&refused).await
        }
        _ => ours.count,
    }
}

fn distinct(columns: &[String], rows: &str) -> String {
    let columns = columns.join(", staged.");
    format!("select count(distinct (staged.{columns})) {rows}")
}

/// Our count in a tool's terms, and the tool's own.
type Counts<'a> = BTreeMap<&'a str, (i64, i64)>;

/// Compares every check that the tool and `quality` both have.
async fn compare(db: &TestDatabase, testimony: &Testimony) {
    let ours = results(db).await;
    let mut counts = Counts::new();
    for answer in &testimony.answers {
        let key = Key::parse(&answer.key);
        let said = format!("{} says {answer:?}", testimony.tool);
        if SCHEMA_KINDS.contains(&key.kind) || key.column == BATCH_CONSTANT {
            assert!(answer.is_passed, "{said}");
            continue;
        }
        if !ours.iter().any(|it| it.table() == key.table) {
            // The shop does not bring this dataset, so nothing was judged: its table is empty.
            assert!(
                answer.is_passed && answer.count.unwrap_or_default() == 0,
                "{said}"
            );
            continue;
        }
        let same: Vec<&Ours> = ours.iter().filter(|it| key.is_ours(it)).collect();
        let [same] = same.as_slice() else {
            panic!("{said}, which is no check of ours, or several: {same:?}");
        };
        if TABLE_KINDS.contains(&key.kind) {
            // A number of the table, not of rows: both must draw the same conclusion.
            counts.insert(&same.id, (same.count, i64::from(!answer.is_passed)));
            continue;
        }
        let count = answer.count.unwrap_or_else(|| panic!("{said}: no count"));
        let expected = expected(db, same, answer).await;
        // An exclusive bound is two checks of theirs: beyond it, and equal to it.
        counts.entry(&same.id).or_insert((expected, 0)).1 += count;
    }
    let differences: Vec<String> = counts
        .iter()
        .filter(|(_, (expected, count))| expected != count)
        .map(|(id, (expected, count))| format!("{id}: ours {expected}, theirs {count}"))
        .collect();
    assert!(
        differences.is_empty(),
        "{}: {differences:#?}",
        testimony.tool
    );
    assert!(counts.len() > COMPARED_MIN, "{counts:?}");
    report(testimony, &ours, &counts);
}

/// Says how much was compared, and what was not: it must be of a kind that the tool lacks.
fn report(testimony: &Testimony, ours: &[Ours], counts: &Counts<'_>) {
    use std::io::Write as _;
    let tool = testimony.tool;
    let tables: Vec<&str> = testimony
        .answers
        .iter()
        .map(|answer| Key::parse(&answer.key).table)
        .collect();
    let (lacked, forgotten): (Vec<&Ours>, Vec<&Ours>) = ours
        .iter()
        .filter(|it| tables.contains(&it.table()) && !counts.contains_key(it.id.as_str()))
        .partition(|it| testimony.lacks.contains(&it.assertion.as_str()));
    assert!(forgotten.is_empty(), "{tool} leaves out {forgotten:#?}");
    let failing = counts.values().filter(|(expected, _)| *expected > 0);
    let lacked: Vec<&str> = lacked.iter().map(|it| it.id.as_str()).collect();
    let _ = writeln!(
        std::io::stderr(),
        "{tool}: {} checks compared, {} of them with failing rows; it has no {}",
        counts.len(),
        failing.count(),
        lacked.join(", ")
    );
}

/// Goal: the project's contracts find in a shop with faults what public tools find.
/// Method: generate, stage and judge a shop; both tools run the same contracts on the same tables.
#[tokio::test(flavor = "multi_thread")]
async fn a_shop_with_faults_is_counted_as_two_public_tools_count_it() {
    let Some(oracles) = Oracles::find() else {
        return;
    };
    let pipeline = Pipeline::new().await;
    let shop = ["--customers", "8000", "--seed", "5", "--faults", "0.03"];
    pipeline.run("generate", &shop).expect(0);
    pipeline.run("stage", &[]).expect(0);
    // The gate may stop a batch of so many faults; the counts are there all the same.
    pipeline.run("quality", &[]);

    let contracts = workspace_root().join("config/contracts");
    for testimony in oracles.ask(&pipeline.db, &contracts) {
        compare(&pipeline.db, &testimony).await;
    }
}

/// Column, type, and values at, within and beyond what the contract allows.
const VALUES: [(&str, &str, &str); 13] = [
    (
        "product_id",
        "text",
        r"null, ' ', E'\t', '', U&'\00a0', 'K1', 'K2', 'K2', 'K3'",
    ),
    (
        "product_name",
        "text",
        "null, '', 'ab', 'abc', 'äö', 'äöü', '🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂', 'eleven char'",
    ),
    (
        "category_id",
        "text",
        r"null, '', 'AB-1', 'ÄÜ-1.5', 'AB-1.', E'AB-1\nx', 'ab-1', U&'AB-\0663'",
    ),
    (
        "category",
        "text",
        "null, '', 'Toys', 'toys', 'Men''s', 'Toys ', 'null', 'Mens'",
    ),
    (
        "sub_category",
        "text",
        r"null, null, '', '', 'a', 'A', 'a', 'a', 'ä', U&'a\0308'",
    ),
    (
        "brand",
        "text",
        r"null, '', 'Brand', 'brand', 'Änne', E'Brand\n', 'B', 'B-1'",
    ),
    (
        "price",
        "numeric",
        "null, 0, -0.0001, 100, 100.0001, 'NaN', 'Infinity', '-Infinity', -0",
    ),
    ("cost", "numeric", "null, 0, 0.0001, -1, 'NaN', '-Infinity'"),
    (
        "currency",
        "text",
        "null, '', '-', 'N/A', 'n/a''s', ' ', '--'",
    ),
    (
        "stock_quantity",
        "numeric",
        "null, 1000.5, 1000.49, 1000.51, 'NaN', 'Infinity', 1e3",
    ),
    (
        "supplier_id",
        "text",
        "null, null, 'S', 'S', 'S', 's', 'S ', '', ''",
    ),
    ("is_active", "boolean", "null, true, false, null"),
    (
        "updated_at",
        "timestamptz",
        "null, '2020-01-01T00:00Z', '2019-12-31T23:59:59.999Z', '2020-01-01T00:59+01:00',
        '2025-12-31T23:59:59Z', '2026-01-01T00:00+00:01', 'infinity', '-infinity'",
    ),
];
/// Rows for the values of one column; the first rows of the table stay as they are.
const ROWS_EACH: usize = 10;

/// Goal: every rule of the standard counts as in public tools, at its bounds and on odd values.
/// Method: one contract with all rules, and rows with the values above, one of a row.
#[tokio::test]
async fn every_rule_of_the_standard_counts_as_in_two_public_tools() {
    let Some(oracles) = Oracles::find() else {
        return;
    };
    let mut shop = Shop::with_orders(ROWS_EACH * (VALUES.len() + 1)).await;
    let contracts = workspace_root().join("tests/oracles");
    let folder = shop.configure("").join("contracts");
    let name = "products.odcs.yaml";
    std::fs::copy(contracts.join(name), folder.join(name)).expect("a contract");
    for (index, (column, kind, values)) in VALUES.into_iter().enumerate() {
        shop.execute(&format!(
            "update staging.products set {column} = odd.value
            from unnest(array[{values}]::{kind}[]) with ordinality as odd (value, number)
            where row_id = {ROWS_EACH} * ({index} + 1) + odd.number"
        ))
        .await;
    }
    // The same key at the same time with another content.
    shop.execute("update staging.products set brand = 'Other' where product_id = 'K2'")
        .await;
    shop.execute("update staging.products set brand = 'Brand' where row_id = 2")
        .await;

    shop.judge().await;
    for testimony in oracles.ask(&shop.db, &contracts) {
        compare(&shop.db, &testimony).await;
    }
}
