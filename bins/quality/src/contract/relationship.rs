//! `relationships`: values that must be found in another entity.

use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::custom::expect_property;
use super::document::{OneOrMore, Relationship};
use super::problem::Problem;
use crate::check::{Assertion, Column, Dimension, Reference, Rule, Severity};
use crate::findings::ORDER;

/// One of a property, whose name is what refers.
pub(super) fn add_to_property(
    checks: &mut Checks,
    column: &str,
    relationship: &Spanned<Relationship>,
) -> Outcome<()> {
    if relationship.value.from.is_some() {
        let message = "`from` is the property itself here; leave it out";
        return Err(Problem::new(relationship.referenced.line(), message));
    }
    let (reference, facts) = read(vec![column.to_owned()], relationship)?;
    checks.add(Some(column), "reference", facts, Rule::Reference(reference));
    Ok(())
}

/// One of the whole object, for keys of several columns.
pub(super) fn add_to_object(
    checks: &mut Checks,
    object: &str,
    relationship: &Spanned<Relationship>,
    known: &[Column],
) -> Outcome<()> {
    let problem = |message: String| Problem::new(relationship.referenced.line(), message);
    let from = relationship
        .value
        .from
        .as_ref()
        .ok_or_else(|| problem("key `from` is missing".to_owned()))?;
    let mut columns = Vec::new();
    for name in names(from) {
        let column = match name.split_once('.') {
            Some((entity, _)) if entity != object => {
                return Err(problem(format!("`from: {name}` is not of `{object}`")));
            }
            Some((_, column)) => column,
            None => name.as_str(),
        };
        if !known.iter().any(|it| it.name == column) {
            return Err(problem(format!(
                "`{column}` is no property of this contract"
            )));
        }
        columns.push(column.to_owned());
    }
    let (reference, facts) = read(columns, relationship)?;
    let name = format!("{}.reference", reference.columns.join("_"));
    checks.add(None, &name, facts, Rule::Reference(reference));
    Ok(())
}

fn read(columns: Vec<String>, relationship: &Spanned<Relationship>) -> Outcome<(Reference, Facts)> {
    let line = relationship.referenced.line();
    let problem = |message: &str| Problem::new(line, message);
    let mut target = None;
    let mut target_columns = Vec::new();
    for name in names(&relationship.value.to) {
        let Some((entity, column)) = name
            .split_once('.')
            .filter(|(entity, column)| is_plain(entity) && is_plain(column))
        else {
            return Err(problem("`to` must be written as `entity.column`"));
        };
        if *target.get_or_insert_with(|| entity.to_owned()) != entity {
            return Err(problem("all parts of `to` must lead to the same entity"));
        }
        target_columns.push(column.to_owned());
    }
    let target = target.ok_or_else(|| problem("`to` leads nowhere"))?;
    if target_columns.len() != columns.len() {
        return Err(problem(
            "`from` and `to` must have the same number of columns",
        ));
    }
    let mut severity = Severity::Error;
    for property in &relationship.value.custom_properties {
        expect_property(property, &["severity"])?;
        severity = serde_json::from_value(property.value.value.clone())
            .map_err(|_| problem("`severity` is critical, error, warning or info"))?;
    }
    if target == ORDER && severity < Severity::Error {
        return Err(problem(
            "a part of an order without its order must be an error: production keeps none",
        ));
    }
    let facts = Facts {
        severity,
        ..Facts::error(line, Assertion::Reference, Dimension::ReferentialIntegrity)
    };
    let reference = Reference {
        columns,
        target,
        target_columns,
    };
    Ok((reference, facts))
}

/// The standard's shorthand is made of such names; its other notation goes by ids, which we have not.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '_')
}

fn names(names: &OneOrMore) -> Vec<String> {
    match names {
        OneOrMore::One(name) => vec![name.clone()],
        OneOrMore::More(names) => names.clone(),
    }
}
