//! `logicalTypeOptions`: what the type of a property promises of each value.

use serde_json::Value;
use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::document::{LogicalType, Property};
use super::problem::Problem;
use crate::check::{Assertion, Dimension, Rule};
use crate::predicate;

pub(super) fn add(checks: &mut Checks, property: &Property, line: u64) {
    add_bounds(checks, property);
    let options = &property.logical_type_options;
    let name = property.name.as_str();
    let is_text = property.logical_type == LogicalType::String;
    let lengths = [
        ("minLength", "<", options.min_length),
        ("maxLength", ">", options.max_length),
    ];
    for (word, operator, bound) in lengths {
        let Some(bound) = bound else { continue };
        let facts = Facts::error(line, Assertion::Length, Dimension::Validity);
        let fails = predicate::length(name, operator, bound);
        let outcome = only_of_text(is_text, line, word, name);
        if checks.note(outcome) {
            checks.add(Some(name), word, facts, Rule::Row { fails });
        }
    }
    if let [Some(shortest), Some(longest)] = [options.min_length, options.max_length]
        && shortest > longest
    {
        let message =
            format!("`{name}`: no text is at least {shortest} and at most {longest} long");
        checks.problems.push(Problem::new(line, message));
    }
    if let Some(pattern) = &options.pattern {
        let facts = Facts::error(line, Assertion::Pattern, Dimension::Validity);
        let outcome = only_of_text(is_text, line, "pattern", name);
        if checks.note(outcome) {
            let fails = predicate::not_like(name, pattern);
            let check = checks.add(Some(name), "pattern", facts, Rule::Row { fails });
            check.pattern = Some(pattern.clone());
        }
    }
}

fn only_of_text(is_text: bool, line: u64, word: &str, name: &str) -> Outcome<()> {
    if is_text {
        return Ok(());
    }
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
