//! What one source tightens, relaxes or leaves out: `[quality]` of its `source.toml`. The rest of
//! that file belongs to `stage`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::document::{Quality, Unit};
use super::problem::{Located, Problem, refusal, suggestion};
use super::read::Contracts;
use super::threshold;
use crate::check::{Assertion, Check, Operator, Rule, Severity, Threshold};

/// The source's own rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SourceRules {
    /// Changes by check id.
    checks: IndexMap<String, Override>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Override {
    enabled: Option<bool>,
    severity: Option<Severity>,
    must_be: Option<Value>,
    must_not_be: Option<Value>,
    must_be_greater_than: Option<f64>,
    must_be_greater_or_equal_to: Option<f64>,
    must_be_less_than: Option<f64>,
    must_be_less_or_equal_to: Option<f64>,
    must_be_between: Option<[f64; 2]>,
    must_not_be_between: Option<[f64; 2]>,
    unit: Option<Unit>,
}

/// The part of `source.toml` that is ours.
#[derive(Debug, Default, Deserialize)]
struct SourceFile {
    #[serde(default)]
    quality: SourceRules,
}

/// The contracts as one source must keep them.
#[derive(Debug, Clone)]
pub(crate) struct Overridden {
    pub(crate) contracts: Contracts,
    /// `<check id>: <what changed>`, for the report.
    pub(crate) changes: Vec<String>,
}

/// What a source changes in one check.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) check_id: String,
    pub(crate) path: PathBuf,
    pub(crate) line: u64,
    /// What it changes, in words.
    pub(crate) text: String,
    /// Whether the check was so before.
    pub(crate) is_idle: bool,
}

/// A source's rules laid over the contracts, and all that is wrong with them.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) contracts: Contracts,
    pub(crate) changes: Vec<Change>,
    pub(crate) problems: Vec<Located>,
    /// Changes of checks that no contract has.
    pub(crate) unknown: Vec<Unknown>,
}

/// A change of a check that no contract has.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) check_id: String,
    pub(crate) problem: Located,
}

impl Contracts {
    /// Lays `config/sources/<source>/source.toml` over the contracts; all of it must be sound.
    pub(crate) fn for_source(&self, config_dir: &Path, source: &str) -> anyhow::Result<Overridden> {
        let laid = self.lay_over(config_dir, source)?;
        let mut problems = laid.problems;
        problems.extend(laid.unknown.into_iter().map(|it| it.problem));
        if !problems.is_empty() {
            return Err(refusal(&problems));
        }
        let changes = laid.changes.into_iter();
        Ok(Overridden {
            contracts: laid.contracts,
            changes: changes
                .map(|it| format!("{}: {}", it.check_id, it.text))
                .collect(),
        })
    }

    /// Lays a source's rules over the contracts, as far as they can be.
    pub(crate) fn lay_over(&self, config_dir: &Path, source: &str) -> anyhow::Result<Laid> {
        let path = config_dir.join("sources").join(source).join("source.toml");
        let mut laid = Laid {
            contracts: self.clone(),
            changes: Vec::new(),
            problems: Vec::new(),
            unknown: Vec::new(),
        };
        let Some(text) = read(&path)? else {
            return Ok(laid);
        };
        let rules = match toml::from_str::<SourceFile>(&text) {
            Ok(file) => file.quality,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_at(&text, span.start));
                let message = error.message().lines().next().unwrap_or_default();
                laid.problems.push(Problem::new(line, message).at(&path));
                return Ok(laid);
            }
        };
        for (id, change) in &rules.checks {
            let line = line_of(&text, id);
            let Some(check) = laid.contracts.check_mut(id) else {
                let near = suggestion(id, self.checks().map(|check| check.id.as_str()));
                let message = format!("no check is named `{id}`{near}");
                laid.unknown.push(Unknown {
                    check_id: id.clone(),
                    problem: Problem::new(line, message).at(&path),
                });
                continue;
            };
            match change.apply(line, check) {
                Ok((text, is_idle)) => laid.changes.push(Change {
                    check_id: id.clone(),
                    path: path.clone(),
                    line,
                    text,
                    is_idle,
                }),
                Err(problem) => laid.problems.push(problem.at(&path)),
            }
        }
        Ok(laid)
    }

    fn check_mut(&mut self, id: &str) -> Option<&mut Check> {
        let checks = self.entities.iter_mut().flat_map(|it| &mut it.checks);
        checks.into_iter().find(|check| check.id == id)
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.entities.iter().flat_map(|entity| &entity.checks)
    }
}

impl Override {
    /// Changes a check; what changed in words, and whether that was nothing.
    fn apply(&self, line: u64, check: &mut Check) -> Result<(String, bool), Problem> {
        let before = (check.severity, check.is_enabled, check.threshold.clone());
        let mut parts = Vec::new();
        if let Some(severity) = self.severity {
            check.severity = severity;
            parts.push(format!("severity {}", severity.name()));
        }
        if let Some(is_enabled) = self.enabled {
            check.is_enabled = is_enabled;
            parts.push(if is_enabled { "enabled" } else { "disabled" }.to_owned());
        }
        let threshold = threshold::read(line, &self.operators())?;
        if let Some(threshold) = threshold {
            refuse_unfit(line, check, &threshold)?;
            parts.push(format!("must be {threshold}"));
            let is_needed = !check.is_row_rule() || !threshold.tolerates_nothing();
            check.threshold = Some(threshold).filter(|_| is_needed);
        }
        if !check.keeps_what_production_asks() {
            let message = format!(
                "`{}` must stay an error: production keeps no {} without its order",
                check.id,
                check.id.split('.').next().unwrap_or_default()
            );
            return Err(Problem::new(line, message));
        }
        let after = (check.severity, check.is_enabled, check.threshold.clone());
        check.is_overridden = true;
        Ok((parts.join(", "), before == after))
    }

    /// The operators, in the shape that contracts write them in.
    fn operators(&self) -> Quality {
        Quality {
            must_be: self.must_be.clone(),
            must_not_be: self.must_not_be.clone(),
            must_be_greater_than: self.must_be_greater_than,
            must_be_greater_or_equal_to: self.must_be_greater_or_equal_to,
            must_be_less_than: self.must_be_less_than,
            must_be_less_or_equal_to: self.must_be_less_or_equal_to,
            must_be_between: self.must_be_between,
            must_not_be_between: self.must_not_be_between,
            unit: self.unit,
            ..Quality::default()
        }
    }
}

/// What a source may tolerate depends on what the check counts.
fn refuse_unfit(line: u64, check: &Check, threshold: &Threshold) -> Result<(), Problem> {
    let id = &check.id;
    let message = if check.assertion == Assertion::Freshness {
        format!("`{id}` is an age, whose limits stand in the contract; a source may disable it")
    } else if matches!(check.rule, Rule::RowCount) && threshold.is_percent {
        format!("`{id}` is a number of rows; there is nothing that it is a percent of")
    } else if !check.is_row_rule() {
        return Ok(());
    } else if matches!(threshold.operator, Operator::Is(_)) {
        format!("`{id}` counts rows: it must be a number")
    } else if threshold.asks_for_some() {
        format!("`{id}` holds back rows: a source may only limit them upwards")
    } else {
        return Ok(());
    };
    Err(Problem::new(line, message))
}

/// The file's text; a source without a file has no rules of its own.
fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

fn line_at(text: &str, offset: usize) -> u64 {
    let head = text.get(..offset).unwrap_or(text);
    head.matches('\n').count() as u64 + 1
}

/// The line of a check's key, which is quoted for its dots; the first, when none is.
fn line_of(text: &str, id: &str) -> u64 {
    let quoted = ['"', '\''].map(|quote| text.find(&format!("{quote}{id}{quote}")));
    let offset = quoted.into_iter().flatten().min();
    offset.map_or(1, |offset| line_at(text, offset))
}
