//! What the reader makes of contracts, and what it refuses.

use std::path::Path;

use super::read::parse;
use crate::check::{Check, Entity, Operator, Rule};

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n\
                    status: active\nschema:\n  - name: orders\n    properties:\n";
/// Where the first property begins.
const FIRST_LINE: usize = 9;

fn read(text: &str) -> Result<Entity, Vec<String>> {
    let outcome = parse(Path::new("orders.odcs.yaml"), text.as_bytes());
    outcome.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn refusals(rest: &str) -> Vec<String> {
    read(&format!("{HEAD}{rest}")).expect_err(rest)
}

/// The only refusal, which begins with file and line and holds the words.
fn assert_refused(rest: &str, line: usize, words: &str) {
    let refusals = refusals(rest);
    let [only] = refusals.as_slice() else {
        panic!("{rest}\n{refusals:?}");
    };
    let start = format!("orders.odcs.yaml:{line}: ");
    assert!(only.starts_with(&start), "{rest}\n{only}");
    assert!(only.contains(words), "{rest}\n{only}");
}

/// A property `a` of a type, with lines below it.
fn property(logical_type: &str, below: &str) -> String {
    format!("      - name: a\n        logicalType: {logical_type}\n{below}")
}

/// A property `a` with one quality item in braces.
fn quality(item: &str) -> String {
    property(
        "string",
        &format!("        quality:\n          - {{{item}}}\n"),
    )
}

fn checks(rest: &str) -> Vec<Check> {
    read(&format!("{HEAD}{rest}")).expect(rest).checks
}

fn only_check(rest: &str) -> Check {
    let mut checks = checks(rest);
    assert_eq!(checks.len(), 1, "{rest}");
    checks.remove(0)
}

/// Goal: every part of the standard that is executed becomes a check.
/// Method: a published example, read as it is.
#[test]
fn the_published_example_is_understood() {
    let entity = read(include_str!("../../tests/orders.odcs.yaml")).expect("a contract");
    let ids: Vec<&str> = entity
        .checks
        .iter()
        .map(|check| check.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "orders.order_id.required",
            "orders.customer_id.customer_null",
            "orders.status.status_valid",
            "orders.order_total.minimum",
            "orders.order_id.unique",
            "orders.duplicate",
            "orders.rows",
            "orders.late",
            "orders.order_ts.freshness",
        ]
    );
    let age = entity
        .checks
        .last()
        .and_then(|check| check.threshold.clone());
    let expected = Operator::Age {
        warn_s: 86_400.0,
        error_s: 172_800.0,
    };
    assert_eq!(age.map(|it| it.operator), Some(expected));
}

/// Goal: a misspelt key is no silence.
/// Method: keys and words one letter off, several in one file.
#[test]
fn all_unknown_keys_are_named_with_file_line_and_the_nearest_key() {
    let found = refusals(
        "      - name: a\n        logicalType: string\n        requird: true\n\
         \x20       quality:\n          - metric: nullValues\n            mustBee: 0\n\
         \x20           severity: error\n      - nam: b\n        name: b\n\
         \x20       logicalType: string\n        pattern:\n          - x\n          - y\n\
         \x20     - name: c\n        logicalType: string\n        unique: true\n\
         \x20       primaryKeyPosition: 3\n",
    );
    assert_eq!(
        found,
        [
            "orders.odcs.yaml:11: unknown key `requird`; did you mean `required`?",
            "orders.odcs.yaml:14: unknown key `mustBee`; did you mean `mustBe`?",
            "orders.odcs.yaml:16: unknown key `nam`; did you mean `name`?",
            "orders.odcs.yaml:19: unknown key `pattern`; did you mean `partitioned`?",
            "orders.odcs.yaml:22: `c` has a `primaryKeyPosition` and is no `primaryKey`",
        ]
    );
    assert_refused(
        &quality("metric: nulValues, mustBe: 0"),
        12,
        "did you mean `nullValues`?",
    );
    assert_refused(
        &quality("metric: nullValues, severity: bad"),
        12,
        "known are info, warning",
    );
    assert_refused(
        &quality("metric: nullValues, unit: kilos, mustBe: 0"),
        12,
        "`kilos`",
    );
}

/// Goal: YAML that reads as something else, or as nothing, is refused.
/// Method: files as editors and people leave them.
#[test]
fn odd_yaml_is_read_or_refused_with_its_line() {
    let sound = format!("{HEAD}{}", property("string", "        required: true\n"));
    for text in [format!("\u{feff}{sound}"), sound.replace('\n', "\r\n")] {
        assert_eq!(read(&text).expect("a contract").checks.len(), 1, "{text:?}");
    }
    let anchors = "      - &a {name: a, logicalType: number, logicalTypeOptions: &o {minimum: 0}}\n\
                   \x20     - {name: b, logicalType: number, logicalTypeOptions: *o}\n";
    assert_eq!(checks(anchors).len(), 2);
    for (text, start) in [
        ("", "orders.odcs.yaml:1: the contract is empty"),
        (" \n\n", "orders.odcs.yaml:1: the contract is empty"),
        (
            "# nothing but a comment\n",
            "orders.odcs.yaml:1: the contract is empty",
        ),
        ("[]", "orders.odcs.yaml:1:"),
        ("kind: DataContract\n", "orders.odcs.yaml:1: key `"),
    ] {
        let found = read(text).expect_err(text);
        assert!(found[0].starts_with(start), "{text:?}: {found:?}");
    }
    let without_schema = HEAD.lines().take(5).collect::<Vec<_>>().join("\n");
    assert!(read(&without_schema).expect_err("no schema")[0].contains("key `schema` is missing"));
    assert!(
        read(&format!("{sound}---\n{sound}")).expect_err("two")[0].contains("one YAML document")
    );
    let twice = property("string", "        unique: true\n        unique: true\n");
    assert_refused(&twice, 12, "`unique` is there twice");
    assert_refused("\t- name: a\n", FIRST_LINE, "");
    let latin_1 = [HEAD.as_bytes(), b"      - name: caf\xe9\n"].concat();
    let found = parse(Path::new("orders.odcs.yaml"), &latin_1).expect_err("no UTF-8");
    assert_eq!(
        found[0].to_string(),
        "orders.odcs.yaml:9: the contract is not UTF-8 text"
    );
    let version = sound.replace("v3.1.0", "v4.0.0");
    assert!(read(&version).expect_err("a version")[0].contains(":1: apiVersion `v4.0.0`"));
}

/// Goal: a key without a value, or with one of another kind, is not taken for an absent key.
/// Method: values that other readers drop without a word.
#[test]
fn empty_and_wrong_values_are_refused() {
    let below = |line: &str| property("number", &format!("        {line}\n"));
    for (rest, line) in [
        (below("required: maybe"), 11),
        (below("required: 3"), 11),
        (below("logicalTypeOptions: {minimum: }"), 11),
        (below("logicalTypeOptions: {minimum: .nan}"), 11),
        (below("logicalTypeOptions: {minimum: 1e999}"), 11),
        (below("logicalTypeOptions: {minimum: true}"), 11),
        (below("logicalTypeOptions: {exclusiveMinimum: true}"), 11),
        (below("logicalTypeOptions: {maxLength: 3}"), 9),
        (
            property("string", "        logicalTypeOptions: {maxLength: -1}\n"),
            11,
        ),
        (
            property(
                "string",
                "        logicalTypeOptions: {minLength: 3, maxLength: 2}\n",
            ),
            9,
        ),
        (
            property("string", "        logicalTypeOptions: {minimum: 2}\n"),
            11,
        ),
        (
            property("date", "        logicalTypeOptions: {minimum: today}\n"),
            11,
        ),
        (
            property("timestamp", "        logicalTypeOptions: {minimum: 5}\n"),
            11,
        ),
        (property("text", ""), 10),
        (quality("metric: nullValues, mustBe: "), 12),
        (quality("metric: nullValues, mustBe: '0'"), 12),
        (quality("metric: nullValues, mustBeLessThan: .inf"), 12),
        (quality("metric: nullValues, mustBeLessThan: "), 12),
        (quality("metric: nullValues, mustBeBetween: [1]"), 12),
        (quality("metric: nullValues, mustBeBetween: [5, 1]"), 12),
        (quality("metric: nullValues, mustBe: true"), 12),
        (quality("metric: nullValues, mustBe: 0, mustNotBe: 1"), 12),
        (
            quality("metric: nullValues, mustBeLessThan: 101, unit: percent"),
            12,
        ),
        (quality("metric: nullValues, unit: percent"), 12),
        (quality("metric: nullValues, arguments: {pattern: x}"), 12),
        (quality("metric: invalidValues"), 12),
        (
            quality("metric: invalidValues, arguments: {validValues: [[1]]}"),
            12,
        ),
        (quality("metric: rowCount, mustBe: 1"), 12),
        (quality("mustBe: 1"), 12),
        (quality("type: sql, id: x, mustBe: 1"), 12),
        (quality("type: sql, id: x, query: 'select 1'"), 12),
        (
            quality("type: sql, id: x, query: 'select 1; drop table y', mustBe: 1"),
            12,
        ),
        (
            quality("type: sql, id: x, metric: rowCount, query: 'select 1', mustBe: 1"),
            12,
        ),
        (
            quality("type: custom, id: x, engine: soda, implementation: a"),
            12,
        ),
        (
            quality("type: custom, id: x, engine: bullion, implementation: 'a > 0) or (true'"),
            12,
        ),
        (
            quality("type: custom, engine: bullion, implementation: a > 0"),
            12,
        ),
    ] {
        assert_refused(&rest, line, "");
    }
}

/// Goal: an operator means what it says, also where it asks for rows instead of limiting them.
/// Method: how each operator of a row metric is compiled.
#[test]
fn what_asks_for_some_rows_holds_none_back() {
    let rule = |operator: &str| only_check(&quality(&format!("metric: nullValues, {operator}")));
    for operator in ["mustBe: 0", "mustBeLessOrEqualTo: 0"] {
        let check = rule(operator);
        assert!(
            check.is_row_rule() && check.threshold.is_none(),
            "{operator}"
        );
    }
    for operator in [
        "mustBeLessThan: 5",
        "mustBeLessOrEqualTo: 2, unit: percent",
        "mustNotBe: 3",
    ] {
        let check = rule(operator);
        assert!(
            check.is_row_rule() && check.threshold.is_some(),
            "{operator}"
        );
    }
    for (operator, query) in [
        (
            "mustBeGreaterThan: 0",
            r#"select count(*) filter (where "a" is null)"#,
        ),
        ("mustBe: 5", "select count(*) filter"),
        ("mustNotBe: 0", "select count(*) filter"),
        ("mustBeGreaterOrEqualTo: 1", "select count(*) filter"),
        (
            "mustBeBetween: [1, 5], unit: percent",
            "select 100.0 * (select count(*) filter",
        ),
    ] {
        let check = rule(operator);
        let Rule::Query { text } = &check.rule else {
            panic!("{operator}: {check:?}");
        };
        assert!(text.starts_with(query), "{operator}: {text}");
    }
    let repeated = only_check(&quality("metric: duplicateValues, mustBeGreaterThan: 1"));
    assert!(matches!(repeated.rule, Rule::Query { .. }));
    let named = "type: custom, id: x, engine: bullion, implementation: sale_total_negative";
    assert_refused(
        &quality(&format!("{named}, mustBeGreaterThan: 0")),
        12,
        "upwards",
    );
    let object = |item: &str| {
        format!(
            "{}    quality:\n      - {{{item}}}\n",
            property("string", "")
        )
    };
    assert_refused(
        &object("metric: rowCount, mustBeLessThan: 5, unit: percent"),
        12,
        "percent of",
    );
    assert_refused(
        &object("metric: rowCount, mustBe: true"),
        12,
        "not true or false",
    );
    assert_refused(
        &object("metric: duplicateValues, arguments: {properties: [b]}"),
        12,
        "`b`",
    );
}

/// Goal: what is missing is not invalid, and both a list and a pattern can be asked for.
/// Method: the predicate of `invalidValues`.
#[test]
fn missing_values_are_no_invalid_values() {
    let item = "metric: invalidValues, arguments: {validValues: [x, null], pattern: '^x', \
                missingValues: [null, 'N/A']}";
    let Rule::Row { fails } = only_check(&quality(item)).rule else {
        panic!("no row rule");
    };
    assert_eq!(
        fails,
        r#"("a" not in ('x') or "a" !~ '^x') and not ("a" is null or "a"::text in ('N/A'))"#
    );
}

/// Goal: names and values of a contract stay names and values.
/// Method: quotes in both.
#[test]
fn names_and_values_cannot_leave_their_quotes() {
    let rest = "      - name: 'a\" is null; drop table x; --'\n        logicalType: string\n\
                \x20       required: true\n        logicalTypeOptions: {pattern: \"'; --\"}\n";
    let fails: Vec<String> = checks(rest)
        .into_iter()
        .filter_map(|check| match check.rule {
            Rule::Row { fails } => Some(fails),
            _ => None,
        })
        .collect();
    let name = r#""a"" is null; drop table x; --""#;
    assert_eq!(
        fails,
        [format!("{name} is null"), format!("{name} !~ '''; --'")]
    );
}

/// Goal: keys of several columns have an order that somebody chose.
/// Method: positions absent, twice, below one and on no key.
#[test]
fn positions_of_key_columns_are_distinct() {
    let keys = |first: &str, second: &str| {
        format!(
            "      - {{name: a, logicalType: string{first}}}\n\
             \x20     - {{name: b, logicalType: string{second}}}\n"
        )
    };
    let at = |position: &str| format!(", primaryKey: true, primaryKeyPosition: {position}");
    let entity = read(&format!("{HEAD}{}", keys(&at("2"), &at("1")))).expect("a contract");
    assert_eq!(entity.key, ["b", "a"]);
    assert_refused(&keys(&at("1"), &at("1")), 10, "of another property");
    assert_refused(&keys(&at("0"), &at("1")), 9, "below 1");
    assert_refused(
        &keys(&at("1"), ", primaryKey: true"),
        10,
        "needs a `primaryKeyPosition`",
    );
    assert_refused(
        &keys(&at("1"), ", primaryKeyPosition: 2"),
        10,
        "is no `primaryKey`",
    );
    assert_refused(
        "      - {name: a, logicalType: date}\n      - {name: a, logicalType: date}\n",
        10,
        "twice",
    );
}

/// Goal: a relationship is written in the one notation that we follow.
/// Method: the other notations of the standard, and mistakes.
#[test]
fn relationships_are_written_as_entity_and_column() {
    let to = |relationship: &str| {
        property(
            "string",
            &format!("        relationships:\n          - {{{relationship}}}\n"),
        )
    };
    assert_eq!(
        checks(&to("type: foreignKey, to: customers.customer_id")).len(),
        1
    );
    for (relationship, words) in [
        ("to: customers", "`entity.column`"),
        ("to: schema/customers/properties/id", "`entity.column`"),
        ("to: [customers.id, customers.name]", "same number"),
        ("to: [customers.id, stores.id]", "same entity"),
        ("to: customers.id, from: orders.a", "leave it out"),
        ("to: customers.id, type: parentOf", "`parentOf`"),
        ("to: []", "nowhere"),
        (
            "to: customers.id, customProperties: [{property: sevrity, value: x}]",
            "`severity`",
        ),
    ] {
        assert_refused(&to(relationship), 12, words);
    }
    let object = |from: &str| {
        let relationship = format!("      - {{from: {from}, to: customers.id}}\n");
        format!(
            "{}    relationships:\n{relationship}",
            property("string", "")
        )
    };
    assert_eq!(checks(&object("orders.a")).len(), 1);
    assert_refused(&object("orders.b"), 12, "no property");
    assert_refused(&object("stores.a"), 12, "not of `orders`");
}

/// Goal: an age is understood in the units of other readers, and never left out silently.
/// Method: service levels, sound and not.
#[test]
fn freshness_needs_an_element_a_number_and_a_unit() {
    let level = |level: &str| {
        format!(
            "{}slaProperties:\n  - {{{level}}}\n",
            property("timestamp", "")
        )
    };
    for (unit, seconds) in [
        ("", 172_800.0),
        (", unit: H", 7_200.0),
        (", unit: minutes", 120.0),
    ] {
        let check = only_check(&level(&format!(
            "property: latency, value: 2, element: orders.a{unit}"
        )));
        assert_eq!(check.id, "orders.a.latency");
        let expected = Operator::Age {
            warn_s: seconds,
            error_s: seconds,
        };
        assert_eq!(check.threshold.map(|it| it.operator), Some(expected));
    }
    assert!(checks(&level("property: retention, value: 3, unit: y")).is_empty());
    for (wrong, words) in [
        ("property: freshness, value: 2", "needs an `element`"),
        (
            "property: freshness, value: 2, element: orders.b",
            "no property",
        ),
        (
            "property: freshness, value: 2, element: stores.a",
            "not of `orders`",
        ),
        (
            "property: freshness, value: soon, element: orders.a",
            "is a number",
        ),
        (
            "property: freshness, value: -2, element: orders.a",
            "is a number",
        ),
        (
            "property: freshness, value: 2, unit: y, element: orders.a",
            "unknown unit `y`",
        ),
        (
            "property: freshness, value: 2, valueExt: 1, element: orders.a",
            "under `value`",
        ),
        (
            "property: freshness, value: 2, elemnt: orders.a",
            "did you mean `element`?",
        ),
    ] {
        assert_refused(&level(wrong), 12, words);
    }
    let text = property("string", "")
        + "slaProperties:\n  - {property: freshness, value: 2, element: orders.a}\n";
    assert_refused(&text, 12, "neither a date nor a timestamp");
}
