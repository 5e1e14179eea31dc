//! Reads `config/contracts/*.odcs.yaml`; what it does not understand is an error that names file,
//! line and key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;

use super::problem::{Located, Problem, refusal, suggestion};
use super::{compile, parse};
use crate::check::{Check, Entity, Reference, Rule};

const FILE_SUFFIX: &str = ".odcs.yaml";

/// All entities, parents before their children.
#[derive(Debug, Clone)]
pub(crate) struct Contracts {
    pub(crate) entities: Vec<Entity>,
}

/// All contracts that can be run, and all that is wrong with the others.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) contracts: Contracts,
    pub(crate) problems: Vec<Located>,
    pub(crate) files: usize,
    /// Entities whose contracts could not be read to their end.
    pub(crate) broken: Vec<String>,
}

impl Survey {
    /// Reads every contract of the folder.
    pub(crate) fn of(folder: &Path) -> anyhow::Result<Self> {
        let paths = files(folder)?;
        if paths.is_empty() {
            let message = format!("no contract (`*{FILE_SUFFIX}`) in `{}`", folder.display());
            return Err(Failure::usage(message).into());
        }
        let mut survey = Self {
            contracts: Contracts {
                entities: Vec::new(),
            },
            problems: Vec::new(),
            files: paths.len(),
            broken: Vec::new(),
        };
        for path in paths {
            let bytes = std::fs::read(&path)
                .with_context(|| format!("failed to read contract `{}`", path.display()))?;
            match read_contract(&path, &bytes) {
                Ok(entity) => survey.take(entity),
                Err(problems) => {
                    survey.problems.extend(problems);
                    survey.broken.push(entity_of(&path));
                }
            }
        }
        survey.check_targets();
        survey.contracts = survey.contracts.in_dependency_order();
        Ok(survey)
    }

    fn take(&mut self, entity: Entity) {
        match self.contracts.entity(&entity.name) {
            None => self.contracts.entities.push(entity),
            Some(other) => {
                let message = format!(
                    "`{}` has a contract in `{}`",
                    entity.name,
                    other.path.display()
                );
                let line = entity.columns.first().map_or(1, |column| column.line);
                self.problems
                    .push(Problem::new(line, message).at(&entity.path));
            }
        }
    }

    /// A relationship leads to columns of another contract; a broken one is not blamed twice.
    fn check_targets(&mut self) {
        for entity in &self.contracts.entities {
            for check in &entity.checks {
                let Rule::Reference(reference) = &check.rule else {
                    continue;
                };
                if self.broken.contains(&reference.target) {
                    continue;
                }
                if let Some(message) = self.contracts.astray(reference) {
                    let problem = Problem::new(check.line, message);
                    self.problems.push(problem.at(&entity.path));
                }
            }
        }
    }
}

impl Contracts {
    /// Reads every contract of the folder; all of them must be sound.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let survey = Survey::of(folder)?;
        if survey.problems.is_empty() {
            Ok(survey.contracts)
        } else {
            Err(refusal(&survey.problems))
        }
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// Why a reference leads nowhere; none where it leads somewhere.
    fn astray(&self, reference: &Reference) -> Option<String> {
        let (target, columns) = (&reference.target, &reference.target_columns);
        let wanted = format!("`to: {target}.{}` is in no contract", columns.join("+"));
        let Some(entity) = self.entity(target) else {
            let known = self.entities.iter().map(|entity| entity.name.as_str());
            return Some(wanted + &suggestion(target, known));
        };
        let unknown = columns.iter().find(|name| !entity.has_column(name))?;
        let known = entity.columns.iter().map(|column| column.name.as_str());
        Some(wanted + &suggestion(unknown, known))
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
            // A pipe or a device may never end.
            if !std::fs::metadata(&path).with_context(failed)?.is_file() {
                let message = format!("`{}` is no regular file", path.display());
                return Err(Failure::usage(message).into());
            }
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// `…/orders.odcs.yaml` is about `orders`.
fn entity_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(FILE_SUFFIX).to_owned()
}

/// The entity of a contract, or all that is wrong with it.
pub(crate) fn read_contract(path: &Path, bytes: &[u8]) -> Result<Entity, Vec<Located>> {
    let located = |problems: Vec<Problem>| -> Vec<Located> {
        problems.into_iter().map(|it| it.at(path)).collect()
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = sound.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        located(vec![Problem::new(line, "the contract is not UTF-8 text")])
    })?;
    let (document, mut problems) = parse::document(text);
    match document.map(|document| compile::entity(path, &document)) {
        Some(Ok(entity)) if problems.is_empty() => return Ok(entity),
        Some(Err(others)) => problems.extend(others),
        _ => {}
    }
    problems.sort_by_key(|problem| problem.line);
    Err(located(problems))
}
