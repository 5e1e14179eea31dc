//! Reads `config/contracts/*.odcs.yaml`; what it does not understand is an error that names file,
//! line and key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;
use serde_saphyr::Error as YamlError;

use super::compile;
use super::document::Document;
use crate::check::{Check, Entity, Rule};

/// Names further apart than this are not what was meant.
const SIMILARITY_MIN: f64 = 0.7;
const FILE_SUFFIX: &str = ".odcs.yaml";

/// All entities, parents before their children.
#[derive(Debug, Clone)]
pub(crate) struct Contracts {
    pub(crate) entities: Vec<Entity>,
}

/// Something in a contract that cannot be run.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) line: u64,
    pub(crate) message: String,
}

impl Contracts {
    /// Reads every contract of the folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut entities = Vec::new();
        let mut places = Vec::new();
        for path in files(folder)? {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("failed to read contract `{}`", path.display()))?;
            let (entity, lines) = parse(&path, &text)?;
            places.push((path, lines));
            entities.push(entity);
        }
        if entities.is_empty() {
            let message = format!("no contract (`*{FILE_SUFFIX}`) in `{}`", folder.display());
            return Err(Failure::usage(message).into());
        }
        let contracts = Self { entities };
        contracts.check_targets(&places)?;
        Ok(contracts.in_dependency_order())
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// A relationship leads to columns of another contract.
    fn check_targets(&self, places: &[(PathBuf, Vec<u64>)]) -> anyhow::Result<()> {
        for (entity, (path, lines)) in self.entities.iter().zip(places) {
            for (check, line) in entity.checks.iter().zip(lines) {
                let Rule::Reference(reference) = &check.rule else {
                    continue;
                };
                let target = self.entity(&reference.target);
                let is_known = target.is_some_and(|target| {
                    reference
                        .target_columns
                        .iter()
                        .all(|name| target.has_column(name))
                });
                if !is_known {
                    let wanted = format!(
                        "{}.{}",
                        reference.target,
                        reference.target_columns.join("+")
                    );
                    let message = format!("`to: {wanted}` is in no contract");
                    return Err(failure(path, *line, &message));
                }
            }
        }
        Ok(())
    }

    /// Parents first, so that a child is judged against what its parents were found to be.
    fn in_dependency_order(mut self) -> Self {
        let mut ordered: Vec<Entity> = Vec::with_capacity(self.entities.len());
        while !self.entities.is_empty() {
            let is_ready = |entity: &Entity| {
                parents(entity).all(|parent| {
                    parent == entity.name || ordered.iter().any(|it| it.name == parent)
                })
            };
            // A circle of references has no order: its first entity goes ahead.
            let next = self.entities.iter().position(is_ready).unwrap_or(0);
            ordered.push(self.entities.remove(next));
        }
        Self { entities: ordered }
    }
}

fn parents(entity: &Entity) -> impl Iterator<Item = &str> {
    entity
        .checks
        .iter()
        .filter_map(|check: &Check| match &check.rule {
            Rule::Reference(reference) => Some(reference.target.as_str()),
            _ => None,
        })
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("failed to read the contracts in `{}`", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().ends_with(FILE_SUFFIX))
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The entity, and the line that each of its checks was written on.
pub(super) fn parse(path: &Path, text: &str) -> anyhow::Result<(Entity, Vec<u64>)> {
    let document: Document = serde_saphyr::from_str(text).map_err(|error| explain(path, &error))?;
    compile::entity(document).map_err(|problem| failure(path, problem.line, &problem.message))
}

/// A usage error at a line of a file.
pub(crate) fn failure(path: &Path, line: u64, message: &str) -> anyhow::Error {
    Failure::usage(format!("{}:{line}: {message}", path.display())).into()
}

/// The reader's error with file, line, key and the nearest known key.
fn explain(path: &Path, error: &YamlError) -> anyhow::Error {
    let error = error.without_snippet();
    let line = error.location().map_or(0, |location| location.line());
    let message = match error {
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            format!(
                "unknown key `{field}`{}",
                suggestion(field, expected.iter().copied())
            )
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            let known = suggestion(variant, expected.iter().copied());
            format!(
                "unknown word `{variant}`{known}; known are {}",
                expected.join(", ")
            )
        }
        YamlError::SerdeMissingField { field, .. } => format!("key `{field}` is missing"),
        other => first_line(&other.to_string()),
    };
    failure(path, line, &message)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// `; did you mean `x`?`, where a known name is near.
pub(crate) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known
        .map(|it| (strsim::jaro_winkler(name, it), it))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    nearest.map_or_else(String::new, |(_, it)| format!("; did you mean `{it}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n\
                        status: active\nschema:\n  - name: orders\n    properties:\n";

    fn error(rest: &str) -> String {
        let text = format!("{HEAD}{rest}");
        let error = parse(Path::new("orders.odcs.yaml"), &text).expect_err("a refusal");
        assert_eq!(common::errors::exit_code(&error), 2);
        error.to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_file_line_and_the_nearest_key() {
        let text = error("      - name: a\n        logicalType: string\n        requird: true\n");
        assert_eq!(
            text,
            "orders.odcs.yaml:11: unknown key `requird`; did you mean `required`?"
        );
    }

    #[test]
    fn an_unknown_metric_is_named_with_its_line() {
        let text = error(
            "      - name: a\n        logicalType: string\n        quality:\n\
             \x20         - metric: nulValues\n            mustBe: 0\n",
        );
        assert!(
            text.starts_with("orders.odcs.yaml:12: unknown word `nulValues`"),
            "{text}"
        );
        assert!(text.contains("did you mean `nullValues`?"), "{text}");
    }

    #[test]
    fn the_published_example_is_understood() {
        let text = include_str!("../../tests/orders.odcs.yaml");
        let (entity, _) = parse(Path::new("orders.odcs.yaml"), text).expect("a contract");
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
            ]
        );
    }
}
