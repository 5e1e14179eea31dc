//! A trace for people: from the row back to lines of files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::report::iso;

use super::place::{Place, Places};
use super::raw_line::RawLine;
use super::way::{Member, Stop, Waited, Way};

/// All that is known of one row.
pub(super) fn render(way: &Way, lines: &[RawLine]) -> String {
    let mut text = format!(
        "{} {}{}\n",
        way.row.table,
        values(&way.row.key),
        validity(&way.row)
    );
    let _ = writeln!(text, "  {}", place(&way.row.place, &way.places));
    if !way.row.version.is_empty() {
        let _ = writeln!(text, "  {}", pairs(&way.row.version));
    }
    if !way.members.is_empty() {
        text.push_str("points to\n");
        for it in &way.members {
            text.push_str(&member(it, &way.places));
        }
    }
    text.push_str("comes from\n");
    if way.origins.is_empty() {
        text.push_str("  no row of production that its key names\n");
    }
    for it in &way.origins {
        text.push_str(&stop(it, &way.places, "  "));
    }
    text.push_str(&batches(&way.places));
    text.push_str(&files(&way.places));
    if !way.quarantine.is_empty() {
        text.push_str("waited in quarantine\n");
        for it in &way.quarantine {
            text.push_str(&waited(it));
        }
    }
    for it in lines {
        let what = it
            .text
            .as_deref()
            .or(it.reason.as_deref())
            .unwrap_or_default();
        let _ = writeln!(text, "line {} of {}\n  {what}", it.line, it.path);
    }
    text
}

fn member(member: &Member, places: &Places) -> String {
    let head = format!("  {:<22} {}", member.column, member.surrogate_key);
    let Some(row) = &member.row else {
        let meaning = match member.surrogate_key.as_str() {
            "-1" => "unknown",
            "-2" => "not applicable",
            "-3" => "error",
            _ => "no such member",
        };
        return format!("{head} {meaning}\n");
    };
    let mut text = format!(
        "{head} = {} {}{}\n",
        row.table,
        values(&row.key),
        validity(row)
    );
    if let Some(origin) = &member.origin {
        text.push_str(&stop(origin, places, "      by "));
    }
    text
}

fn validity(row: &Stop) -> String {
    let valid_from = row
        .key
        .get("valid_from")
        .or_else(|| row.version.get("valid_from"));
    match (
        valid_from.cloned().flatten(),
        row.version.get("valid_to").cloned().flatten(),
    ) {
        (Some(from), Some(to)) => format!(", valid from {from} to {to}"),
        _ => String::new(),
    }
}

fn stop(stop: &Stop, places: &Places, indent: &str) -> String {
    let state = |name: &str| stop.version.get(name).cloned().flatten().as_deref() == Some("true");
    let mut notes = String::new();
    if state("is_inferred") {
        notes.push_str(" (a stub: nobody has brought it)");
    }
    if state("is_deleted") {
        notes.push_str(" (deleted)");
    }
    format!(
        "{indent}{} {}{notes}\n{}  {}\n",
        stop.table,
        values(&stop.key),
        " ".repeat(indent.len()),
        place(&stop.place, places)
    )
}

fn place(place: &Place, places: &Places) -> String {
    let mut parts = Vec::new();
    parts.extend(place.batch_id.map(|it| format!("batch {it}")));
    if let Some(file_id) = place.file_id {
        let path = places
            .files
            .get(&file_id)
            .map_or("a file that is forgotten", |it| &it.path);
        let line = place
            .source_line
            .map_or_else(String::new, |it| format!(", line {it}"));
        parts.push(format!("file {file_id} {path}{line}"));
    }
    if let Some(landed) = &place.landing {
        let state = if landed.is_there {
            "still in"
        } else {
            "replaced since in"
        };
        parts.push(format!("{state} {}", landed.table));
    }
    if parts.is_empty() {
        return "made by the pipeline; no file brought it".to_owned();
    }
    parts.join(", ")
}

fn batches(places: &Places) -> String {
    let mut text = String::new();
    for (batch_id, it) in &places.batches {
        let replay = if it.is_replay {
            ", a replay of quarantine"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "batch {batch_id}: {} of {}, business date {}, run {} of {}{replay}",
            it.state,
            it.source,
            it.business_date,
            it.run_id,
            iso(it.run_started_at)
        );
    }
    text
}

fn files(places: &Places) -> String {
    let mut text = String::new();
    for (file_id, it) in &places.files {
        let loaded_at = it.loaded_at.map_or_else(|| "not loaded".to_owned(), iso);
        let _ = writeln!(
            text,
            "file {file_id}: {} of {}, version {}, {} {loaded_at}\n  read by batch {}, SHA-256 {}",
            it.path, it.source, it.version, it.state, it.batch_id, it.sha256
        );
    }
    text
}

fn waited(entry: &Waited) -> String {
    let resolved_by = entry.resolved_by.as_deref().map(|it| format!(" by {it}"));
    format!(
        "  entry {}: {} of batch {}, refused by {} ({}), {}{}; first {}, last {}\n",
        entry.quarantine_id,
        entry.dataset,
        entry.batch_id,
        entry.refused_by,
        entry.rules.join(", "),
        entry.status,
        resolved_by.unwrap_or_default(),
        iso(entry.first_seen_at),
        iso(entry.last_seen_at)
    )
}

fn values(key: &BTreeMap<String, Option<String>>) -> String {
    let parts: Vec<String> = key
        .iter()
        .filter(|(name, _)| *name != "valid_from")
        .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("null")))
        .collect();
    parts.join(" ")
}

fn pairs(values: &BTreeMap<String, Option<String>>) -> String {
    let parts: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("null")))
        .collect();
    parts.join(", ")
}
