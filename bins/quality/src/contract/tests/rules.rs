//! What each part of the standard is compiled to.

use super::*;

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
