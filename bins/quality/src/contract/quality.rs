//! The `quality` items of a contract: library metrics, SQL and our own rules.

use serde_json::Value;
use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::document::{Metric, OdcsDimension, Quality, QualityKind, Unit};
use super::read::{Problem, suggestion};
use crate::check::{Assertion, Column, Dimension, Operator, Rule, Severity, Threshold};
use crate::predicate;
use crate::rules;

const ENGINE: &str = "bullion";

pub(super) fn add(
    checks: &mut Checks,
    column: Option<&str>,
    quality: &Spanned<Quality>,
    columns: &[Column],
) -> Outcome<()> {
    let line = quality.referenced.line();
    let item = &quality.value;
    let kind = item.kind.unwrap_or(QualityKind::Library);
    let (rule, assertion, default_dimension, default_name) = match kind {
        QualityKind::Text => return Ok(()),
        QualityKind::Library => library(line, column, item, columns)?,
        QualityKind::Sql => sql(line, column, item)?,
        QualityKind::Custom => custom(line, item, columns)?,
    };
    let dimension = item.dimension.map_or(default_dimension, our_dimension);
    let severity = item.severity.unwrap_or(Severity::Error);
    let threshold = threshold(line, item)?;
    let facts = Facts {
        line,
        assertion,
        dimension,
        severity,
    };
    let name = match (&item.id, default_name) {
        (Some(id), _) => id.as_str(),
        (None, Some(name)) => name,
        (None, None) => {
            return Err(Problem {
                line,
                message: "key `id` is missing".to_owned(),
            });
        }
    };
    let needs_operator = matches!(rule, Rule::RowCount | Rule::Query { .. });
    if needs_operator && threshold.is_none() {
        let message = format!("check `{name}` needs an operator, such as `mustBe`");
        return Err(Problem { line, message });
    }
    let is_table_rule = needs_operator;
    let check = checks.add(column, name, &facts, rule);
    // "No row may fail" is what every row rule means anyway.
    check.threshold = threshold.filter(|it| is_table_rule || it.operator != Operator::Equal(0.0));
    Ok(())
}

type Parts = (Rule, Assertion, Dimension, Option<&'static str>);

fn library(line: u64, column: Option<&str>, item: &Quality, columns: &[Column]) -> Outcome<Parts> {
    let problem = |message: String| Problem { line, message };
    let metric = item
        .metric
        .ok_or_else(|| problem("key `metric` is missing".to_owned()))?;
    let name = metric.name();
    let of_a_property = || column.ok_or_else(|| problem(format!("`{name}` belongs to a property")));
    let arguments = &item.arguments;
    let (rule, assertion, dimension) = match metric {
        Metric::NullValues => {
            let fails = predicate::is_null(of_a_property()?);
            (
                Rule::Row { fails },
                Assertion::NotNull,
                Dimension::Completeness,
            )
        }
        Metric::MissingValues => {
            let missing = arguments
                .missing_values
                .as_deref()
                .unwrap_or(&[Value::Null]);
            let fails = predicate::is_missing(of_a_property()?, missing);
            (
                Rule::Row { fails },
                Assertion::NotNull,
                Dimension::Completeness,
            )
        }
        Metric::InvalidValues => {
            let column = of_a_property()?;
            let (fails, assertion) = match (&arguments.valid_values, &arguments.pattern) {
                (Some(values), None) => {
                    (predicate::not_in(column, values), Assertion::AcceptedValues)
                }
                (None, Some(pattern)) => (predicate::not_like(column, pattern), Assertion::Pattern),
                _ => {
                    let message = "`invalidValues` takes either `validValues` or `pattern`";
                    return Err(problem(message.to_owned()));
                }
            };
            (Rule::Row { fails }, assertion, Dimension::Validity)
        }
        Metric::DuplicateValues => {
            let names = match (column, &arguments.properties) {
                (Some(column), None) => vec![column.to_owned()],
                (None, Some(names)) => names.clone(),
                _ => return Err(problem("`duplicateValues` needs its columns".to_owned())),
            };
            if let Some(unknown) = names.iter().find(|name| !is_column(columns, name)) {
                return Err(problem(format!(
                    "`{unknown}` is no property of this contract"
                )));
            }
            (
                Rule::Unique { columns: names },
                Assertion::Unique,
                Dimension::Uniqueness,
            )
        }
        Metric::RowCount => (Rule::RowCount, Assertion::RowCount, Dimension::Completeness),
    };
    Ok((rule, assertion, dimension, Some(name)))
}

fn is_column(columns: &[Column], name: &str) -> bool {
    columns.iter().any(|column| column.name == name)
}

fn sql(line: u64, column: Option<&str>, item: &Quality) -> Outcome<Parts> {
    let Some(query) = &item.query else {
        return Err(Problem {
            line,
            message: "key `query` is missing".to_owned(),
        });
    };
    let text = predicate::with_column(query, column);
    Ok((
        Rule::Query { text },
        Assertion::Query,
        Dimension::Validity,
        None,
    ))
}

fn custom(line: u64, item: &Quality, columns: &[Column]) -> Outcome<Parts> {
    let problem = |message: String| Problem { line, message };
    let engine = item.engine.as_deref().unwrap_or_default();
    if engine != ENGINE {
        return Err(problem(format!(
            "engine `{engine}` is unknown; this one is `{ENGINE}`"
        )));
    }
    let text = item.implementation.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Err(problem("key `implementation` is missing".to_owned()));
    }
    if let Some(rule) = rules::find(text) {
        return Ok((
            Rule::Named(rule),
            Assertion::Expression,
            Dimension::Validity,
            None,
        ));
    }
    let is_name = text
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_name && !is_column(columns, text) {
        let near = suggestion(text, rules::names());
        return Err(problem(format!("no rule is named `{text}`{near}")));
    }
    let fails = predicate::breaks(text);
    Ok((
        Rule::Row { fails },
        Assertion::Expression,
        Dimension::Validity,
        None,
    ))
}

fn our_dimension(dimension: OdcsDimension) -> Dimension {
    match dimension {
        OdcsDimension::Accuracy => Dimension::Accuracy,
        OdcsDimension::Completeness | OdcsDimension::Coverage => Dimension::Completeness,
        OdcsDimension::Conformity => Dimension::Validity,
        OdcsDimension::Consistency => Dimension::Consistency,
        OdcsDimension::Timeliness => Dimension::Timeliness,
        OdcsDimension::Uniqueness => Dimension::Uniqueness,
    }
}

/// The one operator of a check, where it has any.
pub(super) fn threshold(line: u64, item: &Quality) -> Outcome<Option<Threshold>> {
    let mut operators = Vec::new();
    for (expected, is_negated) in [(&item.must_be, false), (&item.must_not_be, true)] {
        let Some(expected) = expected else { continue };
        let operator = match (expected, expected.as_f64(), is_negated) {
            (Value::Bool(expected), _, _) => Operator::Is(*expected != is_negated),
            (_, Some(bound), false) => Operator::Equal(bound),
            (_, Some(bound), true) => Operator::NotEqual(bound),
            _ => {
                let message = "`mustBe` and `mustNotBe` take a number or a boolean".to_owned();
                return Err(Problem { line, message });
            }
        };
        operators.push(operator);
    }
    operators.extend(item.must_be_greater_than.map(Operator::Greater));
    operators.extend(
        item.must_be_greater_or_equal_to
            .map(Operator::GreaterOrEqual),
    );
    operators.extend(item.must_be_less_than.map(Operator::Less));
    operators.extend(item.must_be_less_or_equal_to.map(Operator::LessOrEqual));
    operators.extend(
        item.must_be_between
            .map(|[low, high]| Operator::Between(low, high)),
    );
    operators.extend(
        item.must_not_be_between
            .map(|[low, high]| Operator::NotBetween(low, high)),
    );
    if operators.len() > 1 {
        let message = "a check has one operator; write two checks".to_owned();
        return Err(Problem { line, message });
    }
    let is_percent = item.unit == Some(Unit::Percent);
    Ok(operators.pop().map(|operator| Threshold {
        operator,
        is_percent,
    }))
}
