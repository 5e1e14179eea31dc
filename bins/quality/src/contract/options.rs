//! `logicalTypeOptions`: what the type of a property promises of each value.

use serde_json::Value;
use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::document::{LogicalType, Property};
use super::problem::Problem;
use crate::check::{Assertion, Dimension, Rule};
use crate::predicate;

pub(super) fn add(checks: &mut Checks, property: &Property) {
    add_bounds(checks, property);
    add_lengths(checks, property);
    let Some(pattern) = &property.logical_type_options.pattern else {
        return;
    };
    let line = pattern.referenced.line();
    if checks.note(only_of_text(property, line, "pattern")) {
        let facts = Facts::error(line, Assertion::Pattern, Dimension::Validity);
        let fails = predicate::not_like(&property.name, &pattern.value);
        let rule = Rule::Row { fails };
        let check = checks.add(Some(&property.name), "pattern", facts, rule);
        check.pattern = Some(pattern.value.clone());
    }
}

fn add_lengths(checks: &mut Checks, property: &Property) {
    let options = &property.logical_type_options;
    let name = property.name.as_str();
    let lengths = [
        ("minLength", "<", &options.min_length),
        ("maxLength", ">", &options.max_length),
    ];
    for (word, operator, bound) in lengths {
        let Some(bound) = bound else { continue };
        let line = bound.referenced.line();
        if checks.note(only_of_text(property, line, word)) {
            let facts = Facts::error(line, Assertion::Length, Dimension::Validity);
            let fails = predicate::length(name, operator, bound.value);
            checks.add(Some(name), word, facts, Rule::Row { fails });
        }
    }
    if let (Some(shortest), Some(longest)) = (&options.min_length, &options.max_length)
        && shortest.value > longest.value
    {
        let message = format!(
            "`{name}`: no text is at least {} and at most {} long",
            shortest.value, longest.value
        );
        let line = longest.referenced.line();
        checks.problems.push(Problem::new(line, message));
    }
}

fn only_of_text(property: &Property, line: u64, word: &str) -> Outcome<()> {
    if property.logical_type == LogicalType::String {
        return Ok(());
    }
    let name = &property.name;
    let message = format!("`{word}` is an option of logicalType string, which `{name}` is not");
    Err(Problem::new(line, message))
}

fn add_bounds(checks: &mut Checks, property: &Property) {
    let options = &property.logical_type_options;
    let bounds = [
        ("minimum", "<", &options.minimum),
        ("exclusiveMinimum", "<=", &options.exclusive_minimum),
        ("maximum", ">", &options.maximum),
        ("exclusiveMaximum", ">=", &options.exclusive_maximum),
    ];
    for (word, operator, bound) in bounds {
        let Some(bound) = bound else { continue };
        match beyond(property, word, operator, bound) {
            Ok(fails) => {
                let line = bound.referenced.line();
                let facts = Facts::error(line, Assertion::Range, Dimension::Validity);
                checks.add(Some(&property.name), word, facts, Rule::Row { fails });
            }
            Err(problem) => checks.problems.push(problem),
        }
    }
}

fn beyond(
    property: &Property,
    word: &str,
    operator: &str,
    bound: &Spanned<Value>,
) -> Outcome<String> {
    let (name, logical_type) = (&property.name, property.logical_type);
    predicate::beyond(name, logical_type, operator, &bound.value).ok_or_else(|| {
        let wanted = match logical_type {
            LogicalType::Number | LogicalType::Integer => "a finite number",
            LogicalType::Date => "a date in quotes, such as '2025-01-31'",
            LogicalType::Timestamp => "a time in quotes, such as '2025-01-31T00:00:00Z'",
            LogicalType::Time => "a time of day in quotes, such as '08:00:00'",
            _ => "there only for numbers, dates and times",
        };
        let message = format!("`{word}` of `{name}` is {wanted}");
        Problem::new(bound.referenced.line(), message)
    })
}
