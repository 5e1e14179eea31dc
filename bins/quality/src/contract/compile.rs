//! A document of the standard becomes an entity with its checks.

use serde_saphyr::Spanned;

use super::custom::{criticality, expect_property, flag};
use super::document::{Document, OneOrMore, Property, Relationship, SchemaObject};
use super::quality;
use super::read::Problem;
use crate::check::{Assertion, Check, Column, Dimension, Entity, Reference, Rule, Severity};
use crate::predicate;

/// Columns that stage fills for every row of a batch alike: not worth a check.
const BATCH_CONSTANT: &str = "source";
const API_VERSION_PREFIX: &str = "v3.";

pub(super) type Outcome<T> = Result<T, Problem>;

/// Collects checks with the line that each was written on.
pub(super) struct Checks {
    entity: String,
    checks: Vec<Check>,
    lines: Vec<u64>,
}

/// What all checks of one part have in common.
pub(super) struct Facts {
    pub(super) line: u64,
    pub(super) assertion: Assertion,
    pub(super) dimension: Dimension,
    pub(super) severity: Severity,
}

impl Facts {
    fn error(line: u64, assertion: Assertion, dimension: Dimension) -> Self {
        Self {
            line,
            assertion,
            dimension,
            severity: Severity::Error,
        }
    }
}

impl Checks {
    pub(super) fn add(
        &mut self,
        column: Option<&str>,
        name: &str,
        facts: &Facts,
        rule: Rule,
    ) -> &mut Check {
        let id = match column {
            Some(column) => format!("{}.{column}.{name}", self.entity),
            None => format!("{}.{name}", self.entity),
        };
        self.lines.push(facts.line);
        self.checks.push(Check {
            id,
            column: column.map(str::to_owned),
            assertion: facts.assertion,
            dimension: facts.dimension,
            severity: facts.severity,
            rule,
            threshold: None,
            is_enabled: true,
            is_overridden: false,
        });
        let last = self.checks.len() - 1;
        &mut self.checks[last]
    }

    fn refuse_same_ids(&self) -> Outcome<()> {
        for (index, check) in self.checks.iter().enumerate() {
            if self.checks[..index]
                .iter()
                .any(|earlier| earlier.id == check.id)
            {
                let message = format!("check `{}` is there twice; give one an `id`", check.id);
                return Err(Problem {
                    line: self.lines[index],
                    message,
                });
            }
        }
        Ok(())
    }
}

/// The entity of a document, and the line of each of its checks.
pub(super) fn entity(document: Document) -> Outcome<(Entity, Vec<u64>)> {
    let version = &document.api_version;
    if !version.value.starts_with(API_VERSION_PREFIX) {
        let message = format!(
            "apiVersion `{}` is not {API_VERSION_PREFIX}x",
            version.value
        );
        return Err(Problem {
            line: version.referenced.line(),
            message,
        });
    }
    let line = document.schema.referenced.line();
    let [object] = document.schema.value.as_slice() else {
        let message = "`schema` must hold exactly one object: a contract is one entity";
        return Err(Problem {
            line,
            message: message.to_owned(),
        });
    };
    let mut checks = Checks {
        entity: object.name.clone(),
        checks: Vec::new(),
        lines: Vec::new(),
    };
    let columns = columns(object);
    let key = key(object);
    for property in &object.properties {
        add_property(
            &mut checks,
            &property.value,
            property.referenced.line(),
            &key,
            &columns,
        )?;
    }
    add_object(&mut checks, object, line, &key, &columns)?;
    checks.refuse_same_ids()?;
    let entity = Entity {
        name: object.name.clone(),
        contract: format!("{}@{}", document.id, document.version),
        criticality: criticality(object)?,
        has_history: flag(object, "history")?,
        key,
        columns,
        checks: checks.checks,
    };
    Ok((entity, checks.lines))
}

fn columns(object: &SchemaObject) -> Vec<Column> {
    object
        .properties
        .iter()
        .map(|property| Column {
            name: property.value.name.clone(),
            is_personal: property.value.classification.as_deref() == Some("personal"),
        })
        .collect()
}

/// Key columns by position, without the one that is the same in the whole batch.
fn key(object: &SchemaObject) -> Vec<String> {
    let mut key: Vec<(i64, String)> = object
        .properties
        .iter()
        .map(|property| &property.value)
        .filter(|property| property.primary_key && property.name != BATCH_CONSTANT)
        .map(|property| {
            (
                property.primary_key_position.unwrap_or(0),
                property.name.clone(),
            )
        })
        .collect();
    key.sort();
    key.into_iter().map(|(_, name)| name).collect()
}

fn add_property(
    checks: &mut Checks,
    property: &Property,
    line: u64,
    key: &[String],
    columns: &[Column],
) -> Outcome<()> {
    if property.name == BATCH_CONSTANT {
        return Ok(());
    }
    let column = Some(property.name.as_str());
    if property.required || property.primary_key {
        let facts = Facts::error(line, Assertion::NotNull, Dimension::Completeness);
        let fails = predicate::is_null(&property.name);
        checks.add(column, "required", &facts, Rule::Row { fails });
    }
    let is_whole_key = key == [property.name.clone()];
    if property.unique && !is_whole_key {
        let facts = Facts::error(line, Assertion::Unique, Dimension::Uniqueness);
        let rule = Rule::Unique {
            columns: vec![property.name.clone()],
        };
        checks.add(column, "unique", &facts, rule);
    }
    add_type_options(checks, property, line)?;
    for relationship in &property.relationships {
        let from = vec![property.name.clone()];
        add_reference(checks, column, from, relationship)?;
    }
    for quality in &property.quality {
        quality::add(checks, column, quality, columns)?;
    }
    Ok(())
}

fn add_type_options(checks: &mut Checks, property: &Property, line: u64) -> Outcome<()> {
    let options = &property.logical_type_options;
    let name = property.name.as_str();
    let bounds = [
        ("minimum", "<", &options.minimum),
        ("exclusiveMinimum", "<=", &options.exclusive_minimum),
        ("maximum", ">", &options.maximum),
        ("exclusiveMaximum", ">=", &options.exclusive_maximum),
    ];
    for (word, operator, bound) in bounds {
        let Some(bound) = bound else { continue };
        let line = bound.referenced.line();
        let facts = Facts::error(line, Assertion::Range, Dimension::Validity);
        let fails = predicate::beyond(name, property.logical_type, operator, &bound.value)
            .ok_or_else(|| Problem {
                line,
                message: format!("`{word}` of `{name}` fits no {:?}", property.logical_type),
            })?;
        checks.add(Some(name), word, &facts, Rule::Row { fails });
    }
    let lengths = [
        ("minLength", "<", options.min_length),
        ("maxLength", ">", options.max_length),
    ];
    for (word, operator, bound) in lengths {
        let Some(bound) = bound else { continue };
        let facts = Facts::error(line, Assertion::Length, Dimension::Validity);
        let fails = predicate::length(name, operator, bound);
        checks.add(Some(name), word, &facts, Rule::Row { fails });
    }
    if let Some(pattern) = &options.pattern {
        let facts = Facts::error(line, Assertion::Pattern, Dimension::Validity);
        let fails = predicate::not_like(name, pattern);
        checks.add(Some(name), "pattern", &facts, Rule::Row { fails });
    }
    Ok(())
}

fn add_object(
    checks: &mut Checks,
    object: &SchemaObject,
    line: u64,
    key: &[String],
    columns: &[Column],
) -> Outcome<()> {
    if !key.is_empty() {
        let column = if let [only] = key {
            Some(only.as_str())
        } else {
            None
        };
        let facts = Facts::error(line, Assertion::Unique, Dimension::Uniqueness);
        checks.add(column, "unique", &facts, Rule::KeyConflict);
        let facts = Facts {
            severity: Severity::Warning,
            ..facts
        };
        checks.add(None, "duplicate", &facts, Rule::KeyDuplicate);
    }
    for relationship in &object.relationships {
        let from = relationship
            .value
            .from
            .as_ref()
            .map(names)
            .ok_or_else(|| Problem {
                line: relationship.referenced.line(),
                message: "key `from` is missing".to_owned(),
            })?;
        let from = from.iter().map(|name| last_part(name)).collect();
        add_reference(checks, None, from, relationship)?;
    }
    for quality in &object.quality {
        quality::add(checks, None, quality, columns)?;
    }
    Ok(())
}

fn names(names: &OneOrMore) -> Vec<String> {
    match names {
        OneOrMore::One(name) => vec![name.clone()],
        OneOrMore::More(names) => names.clone(),
    }
}

/// `orders.order_id` → `order_id`.
fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

fn add_reference(
    checks: &mut Checks,
    column: Option<&str>,
    columns: Vec<String>,
    relationship: &Spanned<Relationship>,
) -> Outcome<()> {
    let line = relationship.referenced.line();
    let problem = |message: &str| Problem {
        line,
        message: message.to_owned(),
    };
    let targets = names(&relationship.value.to);
    let Some((target, _)) = targets.first().and_then(|name| name.split_once('.')) else {
        return Err(problem("`to` must be written as `entity.column`"));
    };
    if targets
        .iter()
        .any(|name| !name.starts_with(&format!("{target}.")))
    {
        return Err(problem("all parts of `to` must lead to the same entity"));
    }
    if targets.len() != columns.len() {
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
    let rule = Rule::Reference(Reference {
        target: target.to_owned(),
        target_columns: targets.iter().map(|name| last_part(name)).collect(),
        columns: columns.clone(),
    });
    let dimension = Dimension::ReferentialIntegrity;
    let facts = Facts {
        line,
        assertion: Assertion::Reference,
        dimension,
        severity,
    };
    match column {
        Some(column) => checks.add(Some(column), "reference", &facts, rule),
        None => checks.add(
            None,
            &format!("{}.reference", columns.join("_")),
            &facts,
            rule,
        ),
    };
    Ok(())
}
