//! A table of `source.toml` as text, with comments that say what was seen.

use std::collections::HashSet;
use std::fmt::Write as _;

use anyhow::Context as _;
use indexmap::IndexMap;
use toml::Value;

use crate::detect::column::Eyes;
use crate::detect::conclude::Conclusion;
use crate::detect::declare::{self, Key, key};
use crate::detect::inspect::Make;
use crate::detect::numbers::Marks;
use crate::source::{Table, Type};

use super::entities;
use super::files::Candidate;
use super::groups::Group;
use super::names::column_names;

/// Longest line of a comment in characters.
const COMMENT_LENGTH_MAX: usize = 98;
const PLAIN_MARKS: Marks = Marks {
    decimal: '.',
    thousands: None,
};

/// A table as it is written.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// Its name.
    pub name: String,
    /// Its patterns.
    pub files: Vec<String>,
    /// The entity that it looks like.
    pub entity: Option<&'static str>,
    /// Number of its columns.
    pub columns: usize,
    /// Records that were looked at.
    pub records: u64,
    /// What a person should look at: column and note.
    pub notes: Vec<String>,
    /// Its part of `source.toml`.
    pub text: String,
}

impl Rendered {
    /// The table as the loader understands it.
    ///
    /// # Errors
    /// When the text is no table; then this module has a defect.
    pub(crate) fn parse(&self) -> anyhow::Result<Table> {
        #[derive(serde::Deserialize)]
        struct Tables {
            tables: IndexMap<String, Table>,
        }
        let Tables { tables } = toml::from_str(&self.text).context("a table as it was written")?;
        let mut tables = tables.into_values();
        tables.next().context("a table as it was written")
    }
}

/// Writes one table.
pub(crate) fn render(group: &Group, name: &str, all: &[Candidate], eyes: &Eyes) -> Rendered {
    let inspected = &group.inspected;
    let header = inspected.names();
    let columns = column_names(&header);
    let mut conclusions = inspected.conclusions(eyes);
    let entity = entity_of(&columns, &conclusions, group);
    if let Some(found) = &entity {
        for (conclusion, kind) in conclusions.iter_mut().zip(&found.types) {
            adapt(conclusion, *kind);
        }
    }
    let Layout {
        mut keys,
        from,
        ignored,
    } = layout(group, &header, &columns);
    let files = group.patterns(all);
    let mut notes = Vec::new();
    if let Some(found) = &entity {
        let seen = "its columns are those of this entity";
        keys.insert(0, key("entity", found.entity).noted(seen));
    }
    if group.is_dated() {
        let seen = "its files are dated, so each adds rows; where a file brings new versions of \
                    rows, say mode = \"upsert\" and name their key";
        keys.insert(0, key("mode", "append").noted(seen));
    }
    let common = common_marks(&conclusions);
    keys.extend(number_keys(common));
    keys.extend(gap_key(&columns, &conclusions));
    let mut text = format!("[tables.{name}]\n");
    let patterns = Value::Array(files.iter().map(|it| Value::from(it.as_str())).collect());
    let _ = writeln!(text, "files = {patterns}");
    for key in &keys {
        if let Some(note) = &key.note {
            push_comment(&mut text, note);
            notes.push(format!("{name}: {note}"));
        }
        let _ = writeln!(text, "{} = {}", key.name, key.value);
    }
    let _ = writeln!(text, "\n[tables.{name}.columns]");
    let declared = columns.iter().zip(from).zip(&conclusions).zip(ignored);
    for (((column, from), conclusion), is_ignored) in declared {
        if is_ignored {
            continue;
        }
        for note in &conclusion.notes {
            push_comment(&mut text, note);
            notes.push(format!("{name}.{column}: {note}"));
        }
        let _ = writeln!(text, "{column} = {}", declaration(conclusion, from, common));
    }
    Rendered {
        name: name.to_owned(),
        files,
        entity: entity.map(|it| it.entity),
        columns: columns.len(),
        records: inspected.profile.records,
        notes,
        text,
    }
}

fn entity_of(
    columns: &[String],
    conclusions: &[Conclusion],
    group: &Group,
) -> Option<entities::Match> {
    let profiles = &group.inspected.profile.columns;
    let known: Vec<(&str, Option<Type>)> = columns
        .iter()
        .zip(conclusions)
        .zip(profiles)
        .map(|((name, conclusion), (_, column))| {
            (
                name.as_str(),
                (column.values > 0).then_some(conclusion.kind),
            )
        })
        .collect();
    entities::find(&known)
}

/// Takes the entity's type; what only the other type needs goes.
fn adapt(conclusion: &mut Conclusion, kind: Type) {
    if conclusion.kind == kind {
        return;
    }
    conclusion.kind = kind;
    if kind == Type::Text {
        conclusion.formats.clear();
        conclusion.is_utc = false;
        conclusion.marks = None;
        conclusion.currency_signs.clear();
        conclusion.is_percent = false;
        conclusion.must_trim = false;
        conclusion.notes.clear();
        conclusion.gap_times = 0;
    }
}

/// Where the columns come from, and what else the table says.
struct Layout<'a> {
    keys: Vec<Key>,
    /// Name in the file, of every column that has another one there.
    from: Vec<Option<&'a str>>,
    /// Columns that have neither a name nor a value.
    ignored: Vec<bool>,
}

fn layout<'a>(group: &Group, header: &[&'a str], columns: &[String]) -> Layout<'a> {
    let inspected = &group.inspected;
    let mut keys = inspected.keys();
    if group.has_open_end && !inspected.survey.last_line_is_open {
        keys.push(declare::open_end());
    }
    let mut found = Layout {
        keys,
        from: vec![None; columns.len()],
        ignored: vec![false; columns.len()],
    };
    let distinct: HashSet<&&str> = header.iter().collect();
    let is_clear = distinct.len() == header.len() && header.iter().all(|it| !it.trim().is_empty());
    let Make::Csv { layout, .. } = &inspected.make else {
        found.from = renamed(header, columns);
        return found;
    };
    if !inspected.is_named() {
        return found;
    }
    if is_clear {
        found.from = renamed(header, columns);
        return found;
    }
    // Columns are found by name, so names that are missing or there twice are given here.
    let profiles = inspected.profile.columns.iter();
    found.ignored = profiles
        .map(|(name, column)| name.trim().is_empty() && column.values == 0)
        .collect();
    let keys = &mut found.keys;
    keys.retain(|it| !matches!(it.name, "preamble_lines" | "header_lines"));
    let above = i64::try_from(layout.lines_above).unwrap_or(i64::MAX);
    let seen = "names of the header are missing or there twice: it is passed over, and columns \
                are told by their place; a file with another order would load wrongly; check";
    keys.push(key("preamble_lines", above).noted(seen));
    keys.push(key("header_lines", 0_i64));
    let without_name: Vec<Value> = columns
        .iter()
        .zip(&found.ignored)
        .filter(|(_, is_ignored)| **is_ignored)
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if !without_name.is_empty() {
        let names = columns.iter().map(|it| Value::from(it.as_str())).collect();
        keys.push(key("header", Value::Array(names)));
        keys.push(key("ignored_columns", Value::Array(without_name)).noted("always empty"));
    }
    found
}

fn renamed<'a>(header: &[&'a str], columns: &[String]) -> Vec<Option<&'a str>> {
    let is_other = |it: (&&'a str, &String)| (*it.0 != it.1).then_some(*it.0);
    header.iter().zip(columns).map(is_other).collect()
}

/// Marks of numbers that all columns with marks share.
fn common_marks(conclusions: &[Conclusion]) -> Option<Marks> {
    let mut marks = conclusions.iter().filter_map(|it| it.marks);
    let first = marks.next()?;
    marks.all(|it| it == first).then_some(first)
}

fn number_keys(common: Option<Marks>) -> Vec<Key> {
    let mut keys = Vec::new();
    let marks = common.unwrap_or(PLAIN_MARKS);
    if marks.decimal != PLAIN_MARKS.decimal {
        keys.push(key("decimal_mark", marks.decimal.to_string()));
    }
    if let Some(thousands) = marks.thousands {
        keys.push(key("thousands_mark", thousands.to_string()));
    }
    keys
}

fn gap_key(columns: &[String], conclusions: &[Conclusion]) -> Option<Key> {
    let gaps: Vec<String> = columns
        .iter()
        .zip(conclusions)
        .filter(|(_, conclusion)| conclusion.gap_times > 0)
        .map(|(name, conclusion)| format!("{} in {name}", conclusion.gap_times))
        .collect();
    (!gaps.is_empty()).then(|| {
        let seen = format!("times that the clock skipped: {}", gaps.join(", "));
        key("has_gap_times", true).noted(seen)
    })
}

/// The value behind a column's name: its type, or a table of options.
fn declaration(conclusion: &Conclusion, from: Option<&str>, common: Option<Marks>) -> String {
    let kind = format!("{:?}", conclusion.kind).to_lowercase();
    let texts = |texts: &[&str]| Value::Array(texts.iter().map(|it| Value::from(*it)).collect());
    let mut options: Vec<(&str, Value)> = Vec::new();
    if let Some(from) = from {
        options.push(("from", texts(&[from])));
    }
    match conclusion.formats.as_slice() {
        [] => {}
        [only] => options.push(("format", Value::from(only.as_str()))),
        several => {
            let several: Vec<&str> = several.iter().map(String::as_str).collect();
            options.push(("formats", texts(&several)));
        }
    }
    let is_unix = conclusion.formats.iter().any(|it| it.starts_with("unix"));
    if conclusion.is_utc && !is_unix {
        options.push(("time_zone", Value::from("UTC")));
    }
    if conclusion.must_trim {
        options.push(("trim", Value::from(true)));
    }
    if !conclusion.null_tokens.is_empty() {
        let mut nulls = vec![""];
        nulls.extend(&conclusion.null_tokens);
        options.push(("nulls", texts(&nulls)));
    }
    let marks = conclusion.marks.filter(|_| common.is_none());
    if let Some(marks) = marks.filter(|it| *it != PLAIN_MARKS) {
        if marks.decimal != PLAIN_MARKS.decimal {
            options.push(("decimal_mark", Value::from(marks.decimal.to_string())));
        }
        if let Some(thousands) = marks.thousands {
            options.push(("thousands_mark", Value::from(thousands.to_string())));
        }
    }
    if !conclusion.currency_signs.is_empty() {
        options.push(("currency_signs", texts(&conclusion.currency_signs)));
    }
    if conclusion.is_percent {
        options.push(("percent", Value::from("number")));
    }
    if options.is_empty() {
        return format!("\"{kind}\"");
    }
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!("{{ type = \"{kind}\", {} }}", options.join(", "))
}

/// A comment, on several lines where it is long.
pub(crate) fn push_comment(text: &mut String, comment: &str) {
    let mut line = String::from("#");
    for word in comment.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > COMMENT_LENGTH_MAX {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
