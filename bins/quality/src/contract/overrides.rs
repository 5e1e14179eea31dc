//! What one source tightens, relaxes or leaves out: `[quality]` of its `source.toml`. The rest of
//! that file belongs to `stage`.

use std::path::Path;

use anyhow::Context as _;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::document::{Quality, Unit};
use super::quality::threshold;
use super::read::{Contracts, failure, suggestion};
use crate::check::Severity;

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

/// The contracts as one source must keep them.
#[derive(Debug, Clone)]
pub(crate) struct Overridden {
    pub(crate) contracts: Contracts,
    /// `<check id>: <what changed>`, for the report.
    pub(crate) changes: Vec<String>,
}

impl Contracts {
    /// Lays `config/sources/<source>/source.toml` over the contracts.
    pub(crate) fn for_source(&self, config_dir: &Path, source: &str) -> anyhow::Result<Overridden> {
        let path = config_dir.join("sources").join(source).join("source.toml");
        let (rules, text) = read(&path)?;
        let mut contracts = self.clone();
        let mut changes = Vec::new();
        for (id, change) in &rules.checks {
            let line = line_of(&text, id);
            changes.push(contracts.apply(&path, line, id, change)?);
        }
        Ok(Overridden { contracts, changes })
    }

    fn apply(
        &mut self,
        path: &Path,
        line: u64,
        id: &str,
        change: &Override,
    ) -> anyhow::Result<String> {
        let mut checks = self
            .entities
            .iter_mut()
            .flat_map(|entity| &mut entity.checks);
        let Some(check) = checks.find(|check| check.id == id) else {
            let known = self.entities.iter().flat_map(|entity| &entity.checks);
            let near = suggestion(id, known.map(|check| check.id.as_str()));
            return Err(failure(
                path,
                line,
                &format!("no check is named `{id}`{near}"),
            ));
        };
        let mut parts = Vec::new();
        if let Some(severity) = change.severity {
            check.severity = severity;
            parts.push(format!("severity {}", severity.name()));
        }
        if let Some(is_enabled) = change.enabled {
            check.is_enabled = is_enabled;
            parts.push(if is_enabled { "enabled" } else { "disabled" }.to_owned());
        }
        let threshold = threshold(line, &change.operators())
            .map_err(|problem| failure(path, problem.line, &problem.message))?;
        if let Some(threshold) = threshold {
            parts.push(format!("must be {threshold}"));
            check.threshold = Some(threshold);
        }
        check.is_overridden = true;
        Ok(format!("{id}: {}", parts.join(", ")))
    }
}

impl Override {
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

/// The rules and the file's text; a source without a file has no rules of its own.
fn read(path: &Path) -> anyhow::Result<(SourceRules, String)> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((SourceRules::default(), String::new()));
        }
        Err(error) => {
            return Err(error).with_context(|| format!("failed to read `{}`", path.display()));
        }
    };
    let explain = |error: toml::de::Error, line: u64| failure(path, line, error.message());
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| line_at(&text, span.start));
        explain(error, line)
    })?;
    let Some(section) = table.get("quality") else {
        return Ok((SourceRules::default(), text));
    };
    let rules: SourceRules = section
        .clone()
        .try_into()
        .map_err(|error| explain(error, line_of(&text, "[quality")))?;
    Ok((rules, text))
}

fn line_at(text: &str, offset: usize) -> u64 {
    let head = text.get(..offset).unwrap_or(text);
    head.matches('\n').count() as u64 + 1
}

/// The first line that names the thing; 0 when none does.
fn line_of(text: &str, name: &str) -> u64 {
    text.find(name).map_or(0, |offset| line_at(text, offset))
}
