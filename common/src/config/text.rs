//! TOML files whose mistakes are explained: the line, and the nearest known key.

use std::path::Path;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use crate::errors::Failure;

/// Parses a TOML file into `T`; an error names the file, the line and the nearest known key.
///
/// # Errors
/// Exit code 2: the file is missing, is not TOML, or has an unknown key.
pub fn parse_toml<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .with_context(|| Failure::usage(format!("failed to read `{}`", path.display())))?;
    parse_toml_text(&text, path)
}

/// Reads the text of a TOML file; `path` is where it stands, for messages.
///
/// # Errors
/// As [`parse_toml`].
pub fn parse_toml_text<T: DeserializeOwned>(text: &str, path: &Path) -> anyhow::Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        let reason = explain(error.message());
        Failure::usage(format!("in `{}`, line {line}: {reason}", path.display())).into()
    })
}

/// serde lists all known keys; people want the nearest one.
pub(super) fn explain(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return message.to_owned();
    };
    let mut quoted = rest.split('`').step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
    format!(
        "unknown key `{unknown}`{}",
        nearest_hint(unknown, known.into_iter())
    )
}

/// `; did you mean …?` with the nearest of the known names, or nothing.
pub fn nearest_hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .filter(|(similarity, _)| *similarity > 0.6)
        .map_or_else(String::new, |(_, candidate)| {
            format!("; did you mean `{candidate}`?")
        })
}

/// A text from the environment that no `{:?}` prints.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}
