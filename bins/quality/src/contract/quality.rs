//! The `quality` items of a contract: library metrics, SQL and our own rules.

use serde_json::Value;
use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::document::{Arguments, Metric, OdcsDimension, Quality, QualityKind};
use super::problem::{Problem, suggestion};
use super::sql_shape::misfit;
use super::threshold;
use crate::check::{Assertion, Column, Dimension, Operator, Rule, Severity, Threshold};
use crate::predicate;
use crate::rules;

const ENGINE: &str = "bullion";

/// What a check is, before it has a name.
struct Parts {
    rule: Rule,
    assertion: Assertion,
    dimension: Dimension,
    name: Option<&'static str>,
    pattern: Option<String>,
}

impl Parts {
    fn new(rule: Rule, assertion: Assertion, dimension: Dimension) -> Self {
        Self {
            rule,
            assertion,
            dimension,
            name: None,
            pattern: None,
        }
    }
}

pub(super) fn add(
    checks: &mut Checks,
    column: Option<&str>,
    quality: &Spanned<Quality>,
    columns: &[Column],
) -> Outcome<()> {
    let line = quality.referenced.line();
    let item = &quality.value;
    let kind = item.kind.unwrap_or(QualityKind::Library);
    refuse_foreign_keys(line, kind, item)?;
    let parts = match kind {
        QualityKind::Text => return Ok(()),
        QualityKind::Library => library(line, column, item, columns)?,
        QualityKind::Sql => sql(line, column, item)?,
        QualityKind::Custom => custom(line, item, columns)?,
    };
    let facts = Facts {
        line,
        assertion: parts.assertion,
        dimension: item.dimension.map_or(parts.dimension, our_dimension),
        severity: item.severity.unwrap_or(Severity::Error),
        description: item.description.clone(),
    };
    let name = item.id.as_deref().or(parts.name);
    let name = name.ok_or_else(|| Problem::new(line, "key `id` is missing"))?;
    let (rule, threshold) = with_threshold(line, name, parts.rule, threshold::read(line, item)?)?;
    let check = checks.add(column, name, facts, rule);
    check.threshold = threshold;
    check.pattern = parts.pattern;
    Ok(())
}

/// Keys that another type of check would execute must not be there for nothing.
fn refuse_foreign_keys(line: u64, kind: QualityKind, item: &Quality) -> Outcome<()> {
    let arguments = &item.arguments;
    let has_arguments = arguments.valid_values.is_some()
        || arguments.missing_values.is_some()
        || arguments.pattern.is_some()
        || arguments.properties.is_some();
    let keys = [
        ("metric", item.metric.is_some(), QualityKind::Library),
        ("arguments", has_arguments, QualityKind::Library),
        ("query", item.query.is_some(), QualityKind::Sql),
        ("engine", item.engine.is_some(), QualityKind::Custom),
        (
            "implementation",
            item.implementation.is_some(),
            QualityKind::Custom,
        ),
    ];
    let foreign = keys
        .into_iter()
        .find(|(_, is_there, of)| *is_there && *of != kind);
    match foreign {
        None => Ok(()),
        Some((key, _, of)) => {
            let message = format!("key `{key}` belongs to a check of type `{}`", of.name());
            Err(Problem::new(line, message))
        }
    }
}

/// A rule with what the contract tolerates. A contract that asks for rows that a rule finds ("some
/// must be null") calls none of them bad: that is a question about the table, which holds no row
/// back and is right or wrong as a whole.
fn with_threshold(
    line: u64,
    name: &str,
    rule: Rule,
    threshold: Option<Threshold>,
) -> Outcome<(Rule, Option<Threshold>)> {
    let is_table_rule = matches!(rule, Rule::RowCount | Rule::Query { .. });
    let Some(threshold) = threshold else {
        if is_table_rule {
            let message = format!("check `{name}` needs an operator, such as `mustBe`");
            return Err(Problem::new(line, message));
        }
        return Ok((rule, None));
    };
    if matches!(rule, Rule::RowCount) && threshold.is_percent {
        let message = "`rowCount` is a number of rows; there is nothing that it is a percent of";
        return Err(Problem::new(line, message));
    }
    if is_table_rule {
        let is_boolean = matches!(threshold.operator, Operator::Is(_));
        if is_boolean && matches!(rule, Rule::RowCount) {
            return Err(Problem::new(
                line,
                "`rowCount` is a number, not true or false",
            ));
        }
        return Ok((rule, Some(threshold)));
    }
    if let Operator::Is(_) = threshold.operator {
        let message = format!("check `{name}` counts rows: it must be a number");
        return Err(Problem::new(line, message));
    }
    if !threshold.asks_for_some() {
        let threshold = Some(threshold).filter(|it| !it.tolerates_nothing());
        return Ok((rule, threshold));
    }
    let text = predicate::counted(&rule, threshold.is_percent).ok_or_else(|| {
        let message = format!("check `{name}` holds back rows: it can only be limited upwards");
        Problem::new(line, message)
    })?;
    Ok((Rule::Query { text }, Some(threshold)))
}

fn library(line: u64, column: Option<&str>, item: &Quality, columns: &[Column]) -> Outcome<Parts> {
    let metric = item
        .metric
        .ok_or_else(|| Problem::new(line, "key `metric` is missing"))?;
    let name = metric.name();
    let arguments = &item.arguments;
    refuse_foreign_arguments(line, metric, arguments)?;
    let of_a_property =
        || column.ok_or_else(|| Problem::new(line, format!("`{name}` belongs to a property")));
    let mut parts = match metric {
        Metric::NullValues => {
            let fails = predicate::is_null(of_a_property()?);
            let rule = Rule::Row { fails };
            Parts::new(rule, Assertion::NotNull, Dimension::Completeness)
        }
        Metric::MissingValues => {
            let missing = arguments.missing_values.as_deref();
            let fails = predicate::is_missing(of_a_property()?, missing.unwrap_or(&[Value::Null]));
            let rule = Rule::Row { fails };
            Parts::new(rule, Assertion::NotNull, Dimension::Completeness)
        }
        Metric::InvalidValues => invalid_values(line, of_a_property()?, arguments)?,
        Metric::DuplicateValues => {
            let columns = repeated_columns(line, column, arguments, columns)?;
            let rule = Rule::Unique { columns };
            Parts::new(rule, Assertion::Unique, Dimension::Uniqueness)
        }
        Metric::RowCount if column.is_some() => {
            let message = "`rowCount` belongs to the object, not to a property";
            return Err(Problem::new(line, message));
        }
        Metric::RowCount => {
            Parts::new(Rule::RowCount, Assertion::RowCount, Dimension::Completeness)
        }
    };
    parts.name = Some(name);
    Ok(parts)
}

fn refuse_foreign_arguments(line: u64, metric: Metric, arguments: &Arguments) -> Outcome<()> {
    use Metric::{DuplicateValues, InvalidValues, MissingValues};
    let given: [(&str, bool, &[Metric]); 4] = [
        (
            "validValues",
            arguments.valid_values.is_some(),
            &[InvalidValues],
        ),
        ("pattern", arguments.pattern.is_some(), &[InvalidValues]),
        (
            "missingValues",
            arguments.missing_values.is_some(),
            &[InvalidValues, MissingValues],
        ),
        (
            "properties",
            arguments.properties.is_some(),
            &[DuplicateValues],
        ),
    ];
    let foreign = given
        .into_iter()
        .find(|(_, is_there, of)| *is_there && !of.contains(&metric));
    if let Some((name, ..)) = foreign {
        let message = format!("argument `{name}` means nothing to `{}`", metric.name());
        return Err(Problem::new(line, message));
    }
    let lists = [&arguments.valid_values, &arguments.missing_values];
    let is_nested = |value: &Value| value.is_array() || value.is_object();
    if lists.into_iter().flatten().flatten().any(is_nested) {
        return Err(Problem::new(
            line,
            "a list of values holds texts, numbers, booleans and null",
        ));
    }
    Ok(())
}

/// What is missing is not invalid: `missingValues` are left alone here, as null is.
fn invalid_values(line: u64, column: &str, arguments: &Arguments) -> Outcome<Parts> {
    let listed = arguments.valid_values.as_deref();
    let pattern = arguments.pattern.as_deref();
    let assertion = match (listed, pattern) {
        (None, None) => {
            let message = "`invalidValues` needs the argument `validValues` or `pattern`";
            return Err(Problem::new(line, message));
        }
        (Some(_), _) => Assertion::AcceptedValues,
        (None, Some(_)) => Assertion::Pattern,
    };
    let mut ways: Vec<String> = Vec::new();
    ways.extend(listed.map(|values| predicate::not_in(column, values)));
    ways.extend(pattern.map(|pattern| predicate::not_like(column, pattern)));
    let mut fails = ways.join(" or ");
    if let Some(missing) = &arguments.missing_values {
        let missing = predicate::is_missing(column, missing);
        fails = format!("({fails}) and not ({missing})");
    }
    let mut parts = Parts::new(Rule::Row { fails }, assertion, Dimension::Validity);
    parts.pattern = pattern.map(str::to_owned);
    Ok(parts)
}

fn repeated_columns(
    line: u64,
    column: Option<&str>,
    arguments: &Arguments,
    columns: &[Column],
) -> Outcome<Vec<String>> {
    let names = match (column, &arguments.properties) {
        (Some(column), None) => vec![column.to_owned()],
        (None, Some(names)) if !names.is_empty() => names.clone(),
        (Some(_), Some(_)) => {
            let message = "`properties` belong to `duplicateValues` of the whole object";
            return Err(Problem::new(line, message));
        }
        _ => return Err(Problem::new(line, "`duplicateValues` needs its columns")),
    };
    if let Some(unknown) = names.iter().find(|name| !is_column(columns, name)) {
        let near = suggestion(unknown, columns.iter().map(|it| it.name.as_str()));
        let message = format!("`{unknown}` is no property of this contract{near}");
        return Err(Problem::new(line, message));
    }
    Ok(names)
}

fn is_column(columns: &[Column], name: &str) -> bool {
    columns.iter().any(|column| column.name == name)
}

fn sql(line: u64, column: Option<&str>, item: &Quality) -> Outcome<Parts> {
    let query = item.query.as_deref().unwrap_or_default().trim();
    if query.is_empty() {
        return Err(Problem::new(line, "key `query` is missing"));
    }
    let query = query.trim_end_matches(';');
    refuse_misfit(line, "query", query)?;
    let text = predicate::with_column(query, column);
    Ok(Parts::new(
        Rule::Query { text },
        Assertion::Query,
        Dimension::Validity,
    ))
}

fn custom(line: u64, item: &Quality, columns: &[Column]) -> Outcome<Parts> {
    let problem = |message: String| Problem::new(line, message);
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
    let parts = |rule| Parts::new(rule, Assertion::Expression, Dimension::Validity);
    if let Some(rule) = rules::find(text) {
        return Ok(parts(Rule::Named(rule)));
    }
    let is_name = text
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_name && !is_column(columns, text) {
        let near = suggestion(text, rules::names());
        return Err(problem(format!("no rule is named `{text}`{near}")));
    }
    refuse_misfit(line, "implementation", text)?;
    let fails = predicate::breaks(text);
    Ok(parts(Rule::Row { fails }))
}

fn refuse_misfit(line: u64, key: &str, sql: &str) -> Outcome<()> {
    match misfit(sql) {
        None => Ok(()),
        Some(why) => Err(Problem::new(line, format!("`{key}` {why}"))),
    }
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
