//! An explanation as a person reads it.

use std::fmt::Write as _;

use super::{Explanation, Found};
use crate::page::text::short;
use common::console::grouped;

/// Where the second column begins.
const LABEL_COLUMNS: usize = 12;

/// All of it, without a line break at the end.
pub(super) fn text(it: &Explanation) -> String {
    let mut lines = vec![
        labelled("check", &it.check_id),
        labelled("asserts", &it.asserts),
    ];
    lines.extend(
        it.description
            .as_deref()
            .map(|text| labelled("", text.trim())),
    );
    lines.push(labelled("stands in", &format!("{}:{}", it.file, it.line)));
    for (index, change) in it.overrides.iter().enumerate() {
        lines.push(labelled(if index == 0 { "overrides" } else { "" }, change));
    }
    if !it.is_enabled {
        lines.push(labelled("enabled", "no, this source left it out"));
    }
    let severity = format!("{} (weight {})", it.severity, it.severity_weight);
    let dimension = format!("{} (weight {})", it.dimension, it.dimension_weight);
    lines.push(labelled("severity", &severity));
    lines.push(labelled("dimension", &dimension));
    lines.push(labelled("expects", &it.expected));
    lines.push(labelled("if not", it.consequence));
    lines.extend(results(it));
    lines.extend(it.found.iter().flat_map(found));
    let note = it.sql_note.as_deref().unwrap_or("the statement that runs");
    lines.push(labelled("sql", &format!("-- {note}")));
    lines.push(it.sql.trim().to_owned());
    lines.join("\n")
}

fn labelled(label: &str, text: &str) -> String {
    format!("{label:<LABEL_COLUMNS$}{text}")
        .trim_end()
        .to_owned()
}

fn results(it: &Explanation) -> Vec<String> {
    if it.results.is_empty() {
        return vec![labelled("results", "none yet")];
    }
    let mut lines = vec![labelled("results", "newest first")];
    for result in &it.results {
        let mut line = format!("batch {} of {}", result.batch_id, result.source);
        if let Some(judged_at) = &result.judged_at {
            let _ = write!(line, ", {judged_at}");
        }
        let _ = write!(
            line,
            ": {}, {} of {} failed, {:.0} ms",
            result.status,
            count(result.unexpected_count),
            count(result.element_count),
            result.duration_ms
        );
        lines.push(labelled("", &line));
    }
    lines
}

fn count(rows: i64) -> String {
    grouped(rows.unsigned_abs())
}

fn found(found: &Found) -> Vec<String> {
    let title = format!(
        "{} rows of batch {} listed, seen in {}",
        grouped(found.rows.len() as u64),
        found.batch_id,
        found.seen_in
    );
    let mut lines = vec![labelled("found", &title)];
    for row in &found.rows {
        let parts = [
            row.key.as_deref().map(short),
            row.place.as_deref().map(short),
        ];
        let text: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(labelled("", &text.join("  ")));
    }
    lines
}
