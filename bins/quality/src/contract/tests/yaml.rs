//! YAML as people and editors leave it.

use super::*;

/// Goal: every part of the standard that is executed becomes a check.
/// Method: a published example, read as it is.
#[test]
fn the_published_example_is_understood() {
    let entity = read(include_str!("../../../tests/orders.odcs.yaml")).expect("a contract");
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
    let found = read_contract(Path::new("orders.odcs.yaml"), &latin_1).expect_err("no UTF-8");
    assert_eq!(
        found[0].to_string(),
        "orders.odcs.yaml:9: the contract is not UTF-8 text"
    );
    let version = sound.replace("v3.1.0", "v4.0.0");
    assert!(read(&version).expect_err("a version")[0].contains(":1: apiVersion `v4.0.0`"));
}

/// Goal: a key without a value, or with one of another kind, is not taken for an absent key.
/// Method: values of type options that other readers drop without a word.
#[test]
fn empty_and_wrong_type_options_are_refused() {
    for (logical_type, options) in [
        ("number", "minimum: "),
        ("number", "minimum: .nan"),
        ("number", "minimum: 1e999"),
        ("number", "minimum: true"),
        ("number", "exclusiveMinimum: true"),
        ("number", "maxLength: 3"),
        ("number", "multipleOf: 3"),
        ("boolean", "pattern: x"),
        ("string", "pattern: "),
        ("string", "maxLength: -1"),
        ("string", "minLength: 3, maxLength: 2"),
        ("string", "minimum: 2"),
        ("date", "minimum: today"),
        ("timestamp", "minimum: 5"),
        ("timestamp", "minimum: infinity"),
    ] {
        let below = format!("        logicalTypeOptions: {{{options}}}\n");
        assert_refused(&property(logical_type, &below), 11, "");
    }
    for required in ["maybe", "3"] {
        let below = format!("        required: {required}\n");
        assert_refused(&property("number", &below), 11, "");
    }
    assert_refused(&property("text", ""), 10, "known are string");
}

/// Goal: the same of quality items: nothing in them is there for nothing.
/// Method: operators, arguments and keys that do not belong together.
#[test]
fn quality_items_that_cannot_be_executed_as_written_are_refused() {
    for item in [
        "metric: nullValues, mustBe: ",
        "metric: nullValues, mustBe: '0'",
        "metric: nullValues, mustBeLessThan: .inf",
        "metric: nullValues, mustBeLessThan: ",
        "metric: nullValues, mustBeBetween: [1]",
        "metric: nullValues, mustBeBetween: [5, 1]",
        "metric: nullValues, mustBe: true",
        "metric: nullValues, mustBe: 0, mustNotBe: 1",
        "metric: nullValues, mustBeLessThan: 101, unit: percent",
        "metric: nullValues, unit: percent",
        "metric: nullValues, arguments: {pattern: x}",
        "metric: invalidValues",
        "metric: invalidValues, arguments: {validValues: [[1]]}",
        "metric: rowCount, mustBe: 1",
        "mustBe: 1",
        "type: sql, id: x, mustBe: 1",
        "type: sql, id: x, query: 'select 1'",
        "type: sql, id: x, query: 'select 1; drop table y', mustBe: 1",
        "type: sql, id: x, metric: rowCount, query: 'select 1', mustBe: 1",
        "type: custom, id: x, engine: soda, implementation: a",
        "type: custom, id: x, engine: bullion, implementation: 'a > 0) or (true'",
        "type: custom, engine: bullion, implementation: a > 0",
    ] {
        assert_refused(&quality(item), 12, "");
    }
}
