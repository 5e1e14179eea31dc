//! A document of the standard becomes an entity with its checks.

use std::path::Path;

use super::custom::{criticality, flag};
use super::document::{Document, Property, SchemaObject};
use super::problem::Problem;
use super::{options, quality, relationship, service_level};
use crate::check::{Assertion, Check, Column, Dimension, Entity, Rule, Severity};
use crate::predicate;

/// Columns that stage fills for every row of a batch alike: not worth a check.
const BATCH_CONSTANT: &str = "source";
/// Versions of the standard whose every key we know; later ones may mean more.
const API_VERSIONS: [&str; 4] = ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0"];

pub(super) type Outcome<T> = Result<T, Problem>;

/// Collects the checks of an entity, and whatever is wrong on the way.
pub(super) struct Checks {
    entity: String,
    checks: Vec<Check>,
    pub(super) problems: Vec<Problem>,
}

/// What all checks of one part have in common.
pub(super) struct Facts {
    pub(super) line: u64,
    pub(super) assertion: Assertion,
    pub(super) dimension: Dimension,
    pub(super) severity: Severity,
    pub(super) description: Option<String>,
}

impl Facts {
    pub(super) fn error(line: u64, assertion: Assertion, dimension: Dimension) -> Self {
        Self {
            line,
            assertion,
            dimension,
            severity: Severity::Error,
            description: None,
        }
    }
}

impl Checks {
    pub(super) fn add(
        &mut self,
        column: Option<&str>,
        name: &str,
        facts: Facts,
        rule: Rule,
    ) -> &mut Check {
        let id = match column {
            Some(column) => format!("{}.{column}.{name}", self.entity),
            None => format!("{}.{name}", self.entity),
        };
        if self.checks.iter().any(|earlier| earlier.id == id) {
            let message = format!("check `{id}` is there twice; give one an `id`");
            self.problems.push(Problem::new(facts.line, message));
        }
        self.checks.push(Check {
            id,
            column: column.map(str::to_owned),
            assertion: facts.assertion,
            dimension: facts.dimension,
            severity: facts.severity,
            rule,
            threshold: None,
            pattern: None,
            line: facts.line,
            description: facts.description,
            is_enabled: true,
            is_overridden: false,
        });
        let last = self.checks.len() - 1;
        &mut self.checks[last]
    }

    /// Keeps a problem, if it is one; says whether all was well.
    pub(super) fn note(&mut self, outcome: Outcome<()>) -> bool {
        match outcome {
            Ok(()) => true,
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }
}

/// The entity of a document, or all that cannot be run in it.
pub(super) fn entity(path: &Path, document: &Document) -> Result<Entity, Vec<Problem>> {
    let object = match object(document) {
        Ok(object) => object,
        Err(problem) => return Err(vec![problem]),
    };
    let mut checks = Checks {
        entity: object.name.clone(),
        checks: Vec::new(),
        problems: Vec::new(),
    };
    let columns = columns(object, &mut checks);
    let key = key(object, &mut checks);
    for property in &object.properties {
        let line = property.referenced.line();
        add_property(&mut checks, &property.value, line, &key, &columns);
    }
    add_object(
        &mut checks,
        object,
        document.schema.referenced.line(),
        &key,
        &columns,
    );
    for level in &document.sla_properties {
        let outcome = service_level::add(&mut checks, object, level);
        checks.note(outcome);
    }
    let mut custom = |outcome: Outcome<u32>| outcome.map_err(|it| checks.problems.push(it)).ok();
    let criticality = custom(criticality(object)).unwrap_or(1);
    let has_history = custom(flag(object, "history").map(u32::from)) == Some(1);
    if !checks.problems.is_empty() {
        return Err(checks.problems);
    }
    Ok(Entity {
        name: object.name.clone(),
        contract: format!("{}@{}", document.id, document.version),
        path: path.to_owned(),
        criticality,
        has_history,
        key,
        columns,
        checks: checks.checks,
    })
}

fn object(document: &Document) -> Outcome<&SchemaObject> {
    let version = &document.api_version;
    if !API_VERSIONS.contains(&version.value.as_str()) {
        let message = format!(
            "apiVersion `{}` is not known; known are {}",
            version.value,
            API_VERSIONS.join(", ")
        );
        return Err(Problem::new(version.referenced.line(), message));
    }
    match document.schema.value.as_slice() {
        [object] => Ok(object),
        _ => Err(Problem::new(
            document.schema.referenced.line(),
            "`schema` must hold exactly one object: a contract is one entity",
        )),
    }
}

fn columns(object: &SchemaObject, checks: &mut Checks) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for property in &object.properties {
        let (line, property) = (property.referenced.line(), &property.value);
        let name = &property.name;
        if name.is_empty() || name.contains(char::is_control) {
            let message = "a property needs a name without control characters";
            checks.problems.push(Problem::new(line, message));
        }
        if columns.iter().any(|earlier| earlier.name == *name) {
            let message = format!("property `{name}` is there twice");
            checks.problems.push(Problem::new(line, message));
        }
        columns.push(Column {
            name: name.clone(),
            is_personal: property.classification.as_deref() == Some("personal"),
            line,
        });
    }
    columns
}

/// Key columns by position, without the one that is the same in the whole batch.
fn key(object: &SchemaObject, checks: &mut Checks) -> Vec<String> {
    let mut key: Vec<(i64, &str)> = Vec::new();
    let is_composite = object
        .properties
        .iter()
        .filter(|it| it.value.primary_key)
        .count()
        > 1;
    for property in &object.properties {
        let (line, property) = (property.referenced.line(), &property.value);
        // The standard's own "none" is -1.
        let position = property.primary_key_position.filter(|it| *it != -1);
        let name = property.name.as_str();
        let wrong = match (property.primary_key, position) {
            (false, Some(_)) => Some("has a `primaryKeyPosition` and is no `primaryKey`"),
            (true, None) if is_composite => {
                Some("is one of several keys: it needs a `primaryKeyPosition`")
            }
            (true, Some(position)) if position < 1 => Some("has a `primaryKeyPosition` below 1"),
            (true, Some(position)) if key.iter().any(|(taken, _)| *taken == position) => {
                Some("has the `primaryKeyPosition` of another property")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let message = format!("`{name}` {wrong}");
            checks.problems.push(Problem::new(line, message));
        }
        if property.primary_key {
            key.push((position.unwrap_or(1), name));
        }
    }
    key.sort_unstable();
    let names = key.into_iter().map(|(_, name)| name.to_owned());
    names.filter(|name| name != BATCH_CONSTANT).collect()
}

fn add_property(
    checks: &mut Checks,
    property: &Property,
    line: u64,
    key: &[String],
    columns: &[Column],
) {
    if property.name == BATCH_CONSTANT {
        return;
    }
    let column = Some(property.name.as_str());
    if property.required || property.primary_key {
        let facts = Facts::error(line, Assertion::NotNull, Dimension::Completeness);
        let fails = predicate::is_null(&property.name);
        checks.add(column, "required", facts, Rule::Row { fails });
    }
    let is_whole_key = key == [property.name.clone()];
    if property.unique && !is_whole_key {
        let facts = Facts::error(line, Assertion::Unique, Dimension::Uniqueness);
        let columns = vec![property.name.clone()];
        checks.add(column, "unique", facts, Rule::Unique { columns });
    }
    options::add(checks, property);
    for relationship in &property.relationships {
        let outcome = relationship::add_to_property(checks, &property.name, relationship);
        checks.note(outcome);
    }
    for item in &property.quality {
        let outcome = quality::add(checks, column, item, columns);
        checks.note(outcome);
    }
}

fn add_object(
    checks: &mut Checks,
    object: &SchemaObject,
    line: u64,
    key: &[String],
    columns: &[Column],
) {
    if !key.is_empty() {
        let column = if let [only] = key {
            Some(only.as_str())
        } else {
            None
        };
        let facts = || Facts::error(line, Assertion::Unique, Dimension::Uniqueness);
        checks.add(column, "unique", facts(), Rule::KeyConflict);
        let facts = Facts {
            severity: Severity::Warning,
            ..facts()
        };
        checks.add(None, "duplicate", facts, Rule::KeyDuplicate);
    }
    for relationship in &object.relationships {
        let outcome = relationship::add_to_object(checks, &object.name, relationship, columns);
        checks.note(outcome);
    }
    for item in &object.quality {
        let outcome = quality::add(checks, None, item, columns);
        checks.note(outcome);
    }
}
