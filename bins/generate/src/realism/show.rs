//! Measures for people, on one screen, and for programs.

use common::console::grouped;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Findings;
use super::measure::{Measure, Unit, Verdict};

/// Of a group with more members the worst one stands for all.
const GROUP_LINES_MAX: usize = 6;
const NAME_WIDTH: usize = 56;

/// A table with a line for each measure, or for the worst of many alike, and a verdict below it.
pub(crate) fn text(folder: &Path, findings: &Findings) -> String {
    let mut text = format!(
        "{}: {} orders\n{:NAME_WIDTH$}{:>10}{:>10}{:>9}{:>12}\n",
        folder.display(),
        grouped(findings.orders),
        "",
        "asked",
        "found",
        "within",
        "of"
    );
    for group in findings.measures.chunk_by(|a, b| a.group == b.group) {
        let worst = group.iter().max_by(|a, b| rank(a).total_cmp(&rank(b)));
        for measure in group {
            let is_shown = group.len() <= GROUP_LINES_MAX
                || measure.verdict() == Verdict::Off
                || worst.is_some_and(|it| it.name == measure.name);
            if is_shown {
                line(&mut text, measure, group.len());
            }
        }
    }
    let (off, all) = (
        findings.of(Verdict::Off).count(),
        findings.measures.len() - findings.of(Verdict::TooFew).count(),
    );
    let _ = write!(
        text,
        "{}",
        match off {
            0 => format!("all {all} measures are as asked for"),
            _ => format!("{off} of {all} measures are off"),
        }
    );
    text
}

fn line(text: &mut String, measure: &Measure, group_size: usize) {
    let name = name(measure);
    let name = if group_size > GROUP_LINES_MAX {
        format!("{name} (of {group_size}, the furthest off)")
    } else {
        name
    };
    let verdict = match measure.verdict() {
        Verdict::Ok => "ok",
        Verdict::Off => "OFF",
        Verdict::TooFew => "too few",
    };
    let _ = writeln!(
        text,
        "{name:NAME_WIDTH$}{:>10}{:>10}{:>9}{:>12}  {verdict}",
        number(measure, measure.asked),
        number(measure, measure.found),
        format!("±{:.*}", decimals(measure), measure.tolerance),
        grouped(measure.cases)
    );
}

/// One measure in words.
pub(crate) fn sentence(measure: &Measure) -> String {
    format!(
        "{} {} instead of {} ± {:.*}",
        name(measure),
        number(measure, measure.found).trim(),
        number(measure, measure.asked).trim(),
        decimals(measure),
        measure.tolerance
    )
}

/// All measures with their verdicts.
pub(crate) fn json(folder: &Path, findings: &Findings) -> anyhow::Result<Value> {
    let measures = findings
        .measures
        .iter()
        .map(|measure| {
            let mut value = serde_json::to_value(measure)?;
            value["verdict"] = serde_json::to_value(measure.verdict())?;
            Ok(value)
        })
        .collect::<Result<Vec<Value>, serde_json::Error>>()
        .context("failed to print the measures")?;
    Ok(json!({
        "folder": folder,
        "orders": findings.orders,
        "unreadable_rows": findings.unreadable,
        "measures_off": findings.of(Verdict::Off).count(),
        "measures": measures,
    }))
}

fn rank(measure: &Measure) -> f64 {
    match measure.verdict() {
        Verdict::TooFew => -1.0,
        _ => measure.distance(),
    }
}

fn name(measure: &Measure) -> String {
    format!("{} {}", measure.group, measure.name)
        .trim_end()
        .to_owned()
}

fn decimals(measure: &Measure) -> usize {
    match measure.unit {
        Unit::Count => 0,
        Unit::Percent | Unit::Times => 2,
    }
}

fn number(measure: &Measure, number: f64) -> String {
    match measure.unit {
        Unit::Percent => format!("{number:.2} %"),
        Unit::Times => format!("{number:.2} x"),
        Unit::Count => format!("{number:.0}  "),
    }
}
