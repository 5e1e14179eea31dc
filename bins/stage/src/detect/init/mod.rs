//! `stage init`: a first `source.toml` for a shop, from the folder of its files.
//!
//! Invariant: what is written loads as it is; where a decision was taken, a comment says what was
//! seen.

mod entities;
mod files;
mod groups;
mod names;
mod render;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::{
    Failure, OutputFormat, Rows, StageContext, StageReport, Status, Step, atomic, errors,
};
use serde_json::json;
use toml::Value;

use crate::read::Limits;
use crate::source::{self, Source};

use super::inspect::{self, Effort, Inspected};
use super::oddities::Oddity;
use super::{InitOptions, show, trial};
use files::Found;
use groups::Group;
use render::Rendered;

const DEFAULT_TIME_ZONE: chrono_tz::Tz = chrono_tz::UTC;
const DEFAULT_CURRENCY: &str = "EUR";

/// A new source: where it goes, and what is in it.
struct Draft {
    path: PathBuf,
    text: String,
    tables: Vec<Rendered>,
    passed_over: Vec<(String, String)>,
    /// What a person should look at before the first load.
    checks: Vec<String>,
}

/// Looks at every file of the folder and writes the source's folder.
///
/// # Errors
/// Exit code 2: a bad name or currency, a source that is there already, a folder without data.
pub fn run(ctx: &StageContext, options: &InitOptions) -> anyhow::Result<StageReport> {
    let mut report = StageReport::new(ctx);
    let step = Step::begin("init").relation(options.source.as_str());
    let path = path_of(ctx, options)?;
    let effort = super::effort(ctx, options.time_zone, options.records)?;
    let draft = draft(path, options, &effort)?;
    if !ctx.dry_run {
        atomic::write(&draft.path, draft.text.as_bytes())?;
        // What cannot be loaded is a defect of ours, not of the shop's files.
        Source::load(ctx, &options.source).context("the new source.toml does not load")?;
    }
    if ctx.output == OutputFormat::Text {
        common::console::print(&summary(ctx, options, &draft))?;
    }
    let rows = Rows {
        input: draft.tables.iter().map(|it| it.records).sum(),
        ..Rows::default()
    };
    report.findings = Some(findings(ctx, options, &draft));
    report.finish(step, rows);
    report.status = Status::Succeeded;
    Ok(report)
}

/// The `source.toml` that [`run`] would write, without a look at what is there already.
///
/// # Errors
/// Exit code 2: a folder without data.
pub fn declare(options: &InitOptions, limits: &Limits) -> anyhow::Result<String> {
    let effort = super::effort_within(limits.clone(), options.time_zone, options.records);
    Ok(draft(PathBuf::new(), options, &effort)?.text)
}

fn path_of(ctx: &StageContext, options: &InitOptions) -> anyhow::Result<PathBuf> {
    source::check_name("source", &options.source)?;
    let currency = options.currency.as_deref().unwrap_or(DEFAULT_CURRENCY);
    source::check_currency(currency)?;
    if !options.from.is_dir() {
        let folder = options.from.display();
        return Err(Failure::usage(format!("there is no folder `{folder}`")).into());
    }
    let sources = ctx.config.paths.config_dir.join("sources");
    let folder = sources.join(&options.source);
    if folder.exists() && !options.force {
        return Err(Failure::usage(format!(
            "`{}` is there already; choose another name, or write over its source.toml with --force",
            folder.display()
        ))
        .into());
    }
    Ok(folder.join(source::FILE_NAME))
}

fn draft(path: PathBuf, options: &InitOptions, effort: &Effort) -> anyhow::Result<Draft> {
    let Found {
        candidates,
        mut passed_over,
    } = files::find(&options.from)?;
    let mut groups: Vec<Group> = Vec::new();
    let mut checks = Vec::new();
    for file in &candidates {
        match inspect::inspect(&file.path, effort) {
            Ok(mut inspected) => {
                if let Some(reason) = why_no_table(&inspected) {
                    passed_over.push((file.relative.clone(), reason));
                    continue;
                }
                checks.extend(troubles(&file.relative, &inspected));
                inspected.survey.sample = String::new();
                groups::add(&mut groups, file, inspected);
            }
            Err(error) => passed_over.push((file.relative.clone(), errors::describe(&error))),
        }
    }
    if groups.is_empty() {
        return Err(nothing(&options.from, &passed_over).into());
    }
    let stems: Vec<String> = groups.iter().map(stem_of).collect();
    let names = names::table_names(&stems, &options.source);
    let tables: Vec<Rendered> = groups
        .iter()
        .zip(&names)
        .map(|(group, name)| render::render(group, name, &candidates, &effort.eyes))
        .collect();
    let mut text = head(options);
    for table in &tables {
        let _ = write!(text, "\n{}", table.text);
        checks.extend(table.notes.iter().cloned());
    }
    checks.extend(rejections(options, effort, &groups, &tables)?);
    Ok(Draft {
        path,
        text,
        tables,
        passed_over,
        checks,
    })
}

/// What a table is called after; numbers tell its files apart.
fn stem_of(group: &Group) -> String {
    let stem = files::stem(&group.files[0]);
    match group.files.len() {
        1 => stem.to_owned(),
        _ => stem.replace(|it: char| it.is_ascii_digit(), " "),
    }
}

/// Tries every file as its table is declared; tells what would not be loaded.
fn rejections(
    options: &InitOptions,
    effort: &Effort,
    groups: &[Group],
    tables: &[Rendered],
) -> anyhow::Result<Vec<String>> {
    let zone = options.time_zone.unwrap_or(DEFAULT_TIME_ZONE);
    let mut lines = Vec::new();
    for (group, rendered) in groups.iter().zip(tables) {
        let table = rendered.parse()?;
        for file in &group.files {
            let path = options.from.join(file);
            match trial::try_table(&path, &table, zone, &effort.limits) {
                Err(error) => lines.push(format!(
                    "`{file}` will be refused: {}",
                    errors::describe(&error)
                )),
                Ok(trial) => lines.extend(trial.rejected.iter().map(|((rule, column), found)| {
                    let (count, line) = *found;
                    let place = match column.as_str() {
                        "" => String::new(),
                        column => format!(", {}.{column}", rendered.name),
                    };
                    format!(
                        "`{file}`: {} of {} records will go to quarantine, first line {line}{place} \
                         ({rule})",
                        show::count(count),
                        show::count(trial.records)
                    )
                })),
            }
        }
    }
    Ok(lines)
}

fn nothing(folder: &Path, passed_over: &[(String, String)]) -> Failure {
    let why = match passed_over.first() {
        None => String::new(),
        Some((file, reason)) => format!(" (`{file}`: {reason})"),
    };
    Failure::usage(format!(
        "`{}` holds no file that could be a table{why}",
        folder.display()
    ))
}

/// Why a file that was looked at can be declared as no table, if it cannot.
fn why_no_table(inspected: &Inspected) -> Option<String> {
    let is_csv = matches!(inspected.make, inspect::Make::Csv { .. });
    let columns = inspected.profile.columns.len();
    // Over many lines, commas separate something in it too.
    if is_csv && inspected.survey.sample.trim_start().starts_with(['{', '[']) {
        return Some("one JSON document; write one object a line".to_owned());
    }
    if columns == 0 {
        let reasons = inspected.oddities.reasons(Oddity::Refused);
        return Some(match reasons {
            [] => "it has no columns".to_owned(),
            reasons => reasons.join("; "),
        });
    }
    (columns > source::COLUMNS_MAX)
        .then(|| format!("{columns} columns; {} are possible", source::COLUMNS_MAX))
}

/// What a person should mend before the file is loaded, beside records that will be rejected.
fn troubles(relative: &str, inspected: &Inspected) -> Vec<String> {
    let stops = |oddity: Oddity| {
        matches!(
            oddity,
            Oddity::BrokenText
                | Oddity::NulCharacter
                | Oddity::RepeatedHeader
                | Oddity::Comment
                | Oddity::BlankLine
                | Oddity::Footer
                | Oddity::LikeFooter
                | Oddity::TooManyColumns
        )
    };
    let mut lines: Vec<String> = inspected
        .oddities
        .iter()
        .filter(|it| stops(it.0))
        .map(|(oddity, places)| {
            let mut details = places.reasons.clone();
            if places.count > 1 {
                details.push(format!("{} times", show::count(places.count)));
            }
            let place = places.describe();
            details.extend((!place.is_empty()).then_some(place));
            let (what, details) = (oddity.describe(), details.join(", "));
            format!("`{relative}`: {what} ({details})")
        })
        .collect();
    let faults = inspected.name_faults().into_iter();
    lines.extend(faults.map(|it| format!("`{relative}`: {it}")));
    lines
}

fn head(options: &InitOptions) -> String {
    let mut text = String::new();
    let comment =
        "Written by `stage init` from the shop's files; docs/SOURCES.md explains the keys.";
    render::push_comment(&mut text, comment);
    let name = options.name.as_deref().unwrap_or(&options.source);
    let _ = writeln!(text, "\n[retailer]\nname = {}", Value::from(name));
    if options.time_zone.is_none() {
        render::push_comment(
            &mut text,
            "Days are cut, and local times understood, in this zone.",
        );
        render::push_comment(&mut text, "Change it: nothing in the files tells it.");
    }
    let zone = options.time_zone.unwrap_or(DEFAULT_TIME_ZONE);
    let _ = writeln!(text, "time_zone = \"{zone}\"");
    if options.currency.is_none() {
        let comment = "Change it, unless amounts are in euros: nothing in the files tells it.";
        render::push_comment(&mut text, comment);
    }
    let currency = options.currency.as_deref().unwrap_or(DEFAULT_CURRENCY);
    let _ = writeln!(text, "currency = \"{currency}\"");
    text
}

/// Entities without which the shop does not show up, and that no file is yet.
fn missing(draft: &Draft) -> Vec<&'static str> {
    let is_there = |entity: &str| draft.tables.iter().any(|it| it.entity == Some(entity));
    entities::NEEDED
        .into_iter()
        .filter(|it| !is_there(it))
        .collect()
}

fn next_command(ctx: &StageContext, options: &InitOptions) -> String {
    let usual = ctx.config.paths.raw_dir().join(&options.source);
    let data = if options.from == usual {
        String::new()
    } else {
        format!(" --data {}", options.from.display())
    };
    format!("stage --source {}{data}", options.source)
}

fn summary(ctx: &StageContext, options: &InitOptions, draft: &Draft) -> String {
    let mut text = String::new();
    let path = draft.path.display();
    if ctx.dry_run {
        let _ = writeln!(text, "{}\nwould be written to {path}\n", draft.text);
    } else {
        let _ = writeln!(text, "wrote {path}\n");
    }
    for table in &draft.tables {
        let entity = table
            .entity
            .map_or(String::new(), |it| format!(", the entity {it}"));
        let _ = writeln!(
            text,
            "  {:<29} {}: {} columns, {} records{entity}",
            table.name,
            table.files.join(", "),
            table.columns,
            show::count(table.records)
        );
    }
    if !draft.passed_over.is_empty() {
        text.push_str("\npassed over\n");
        for (file, reason) in &draft.passed_over {
            let _ = writeln!(text, "  {file}: {reason}");
        }
    }
    if !draft.checks.is_empty() {
        text.push_str("\ncheck\n");
        for check in &draft.checks {
            let _ = writeln!(text, "  {check}");
        }
    }
    text.push_str("\nnext\n");
    let missing = missing(draft);
    if !missing.is_empty() {
        let folder = draft.path.parent().unwrap_or(&draft.path).display();
        let _ = writeln!(
            text,
            "  write {folder}/<entity>.sql for {}, at least; docs/SOURCES.md tells how",
            missing.join(" and ")
        );
    }
    let _ = write!(text, "  {}", next_command(ctx, options));
    text
}

fn findings(ctx: &StageContext, options: &InitOptions, draft: &Draft) -> serde_json::Value {
    let tables: Vec<serde_json::Value> = draft
        .tables
        .iter()
        .map(|it| {
            json!({
                "name": it.name,
                "files": it.files,
                "entity": it.entity,
                "columns": it.columns,
                "records": it.records,
            })
        })
        .collect();
    let passed_over: Vec<serde_json::Value> = draft
        .passed_over
        .iter()
        .map(|(file, reason)| json!({ "file": file, "reason": reason }))
        .collect();
    json!({
        "path": draft.path.to_string_lossy(),
        "is_written": !ctx.dry_run,
        "source_toml": draft.text,
        "tables": tables,
        "passed_over": passed_over,
        "checks": draft.checks,
        "missing_entities": missing(draft),
        "next": next_command(ctx, options),
    })
}
