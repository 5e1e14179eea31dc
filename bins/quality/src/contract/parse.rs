//! From the text of a contract to its document, or to all that the YAML reader objects to.
//!
//! The reader stops at the first key that it does not know. So that a person sees all of them at
//! once, such a key is blanked out and the rest is read again.

use serde::de::IgnoredAny;
use serde_saphyr::Error as YamlError;

use super::document::Document;
use super::problem::{Problem, suggestion};

/// More unknown keys than this in one file are one misunderstanding, not so many mistakes.
const UNKNOWN_KEYS_MAX: usize = 50;
/// Editors of other systems begin a file with it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What could be read, and what is wrong with it; no document where nothing can be made of it.
pub(super) fn document(text: &str) -> (Option<Document>, Vec<Problem>) {
    let mut text = text
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(text)
        .to_owned();
    let says_nothing = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(says_nothing) {
        return (None, vec![Problem::new(1, "the contract is empty")]);
    }
    let mut problems = Vec::new();
    loop {
        let error = match serde_saphyr::from_str::<Document>(&text) {
            Ok(document) => return (Some(document), problems),
            Err(error) => error,
        };
        let error = error.without_snippet();
        problems.push(explain(error));
        let rest = unknown_key(error).and_then(|(line, column)| without_key(&text, line, column));
        match rest {
            Some(rest) if problems.len() < UNKNOWN_KEYS_MAX => text = rest,
            _ => return (None, problems),
        }
    }
}

/// Line and column of an unknown key, from 1.
fn unknown_key(error: &YamlError) -> Option<(usize, usize)> {
    let YamlError::SerdeUnknownField { location, .. } = error else {
        return None;
    };
    let line = usize::try_from(location.line()).ok()?;
    let column = usize::try_from(location.column()).ok()?;
    Some((line.checked_sub(1)?, column.checked_sub(1)?))
}

/// The text with a key and its value made blank, so that all lines keep their number; none where
/// what is left is no YAML, as within braces.
fn without_key(text: &str, line: usize, column: usize) -> Option<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let first = lines.get_mut(line)?;
    *first = first.chars().take(column).collect();
    for below in lines.iter_mut().skip(line + 1) {
        let indentation = below.chars().take_while(|it| *it == ' ').count();
        if indentation <= column && !below.trim().is_empty() {
            break;
        }
        below.clear();
    }
    let rest = lines.join("\n");
    serde_saphyr::from_str::<IgnoredAny>(&rest)
        .is_ok()
        .then_some(rest)
}

/// The reader's error with line, key and the nearest known key.
fn explain(error: &YamlError) -> Problem {
    let line = error.location().map_or(1, |location| location.line());
    let message = match error {
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            let near = suggestion(field, expected.iter().copied());
            format!("unknown key `{field}`{near}")
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            let near = suggestion(variant, expected.iter().copied());
            let known = expected.join(", ");
            format!("unknown word `{variant}`{near}; known are {known}")
        }
        YamlError::SerdeMissingField { field, .. } => format!("key `{field}` is missing"),
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            format!("key `{key}` is there twice")
        }
        YamlError::MultipleDocuments { .. } => {
            "a contract is one YAML document; this file holds several".to_owned()
        }
        other => {
            let text = other.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        }
    };
    Problem { line, message }
}
