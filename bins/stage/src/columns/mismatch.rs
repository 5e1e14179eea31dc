//! What is wrong with a header, and what most likely happened to it.

use common::config::nearest_hint;
use indexmap::{IndexMap, IndexSet};

use super::names::{looks_like_value, shown, slight_difference};
use super::{Header, inputs};
use crate::source::{ColumnOptions, Format, NewColumns, Table};

type Declared<'a> = IndexMap<&'a String, ColumnOptions>;

/// Separators that files have, and how source.toml writes them.
const SEPARATORS: [(char, &str); 4] = [(',', ","), (';', ";"), ('\t', "\\t"), ('|', "|")];
/// From here on two names are taken for one with a slip in it (Jaro-Winkler).
const LIKENESS_MIN: f64 = 0.85;

/// A header of values is the first record of a file without header, or a line before the header;
/// none of them may be told.
pub(super) fn check_record(
    header: &Header<'_>,
    table: &Table,
    declared: &Declared<'_>,
) -> anyhow::Result<()> {
    if table.format != Format::Csv || table.header_lines == 0 {
        return Ok(());
    }
    let is_value = |it: &&usize| {
        let name = &header.names[**it];
        !is_used(name, declared) && !is_ignored(name, table) && looks_like_value(name)
    };
    let places: Vec<usize> = (0..header.names.len()).collect();
    let values: Vec<&usize> = places.iter().filter(is_value).collect();
    let Some(first) = values.first().filter(|_| 2 * values.len() > places.len()) else {
        return Ok(());
    };
    Err(header.refuse(&format!(
        "the header looks like a record: {} of its {} fields are numbers, times, addresses or the \
         like, first column {}; set header_lines = 0 if the file has no header, or preamble_lines \
         if it stands further down; if these are names, add them to the table's columns",
        values.len(),
        places.len(),
        *first + 1
    )))
}

/// A header that is one field, though it holds another separator, was split by the wrong one.
pub(super) fn check_delimiter(
    header: &Header<'_>,
    table: &Table,
    declared: &Declared<'_>,
) -> anyhow::Result<()> {
    let [name] = header.names else { return Ok(()) };
    if table.format != Format::Csv || is_used(name, declared) || is_ignored(name, table) {
        return Ok(());
    }
    let count = |separator: char| name.matches(separator).count();
    let likely = SEPARATORS.iter().filter(|(it, _)| count(*it) > 0);
    let Some((_, written)) = likely.max_by_key(|(it, _)| count(*it)) else {
        return Ok(());
    };
    Err(header.refuse(&format!(
        "the header is a single column; its names are most likely separated by `{written}`, not by \
         `{}`: say delimiter = \"{written}\" for the table",
        shown(&table.delimiter)
    )))
}

/// Every column has a name of its own, unless nothing of it is loaded.
pub(super) fn check_names(
    header: &Header<'_>,
    table: &Table,
    declared: &Declared<'_>,
) -> anyhow::Result<()> {
    for (index, name) in header.names.iter().enumerate() {
        let is_used = is_used(name, declared);
        if !is_used && is_ignored(name, table) {
            continue;
        }
        if !is_used && name.trim().is_empty() {
            return Err(header.refuse(&format!(
                "column {} has no name; give it one in the file, or, if nothing of it is needed, \
                 add \"{}\" to the table's ignored_columns",
                index + 1,
                shown(name)
            )));
        }
        let first = header.position(name).unwrap_or(index);
        if first != index {
            return Err(header.refuse(&format!(
                "column `{}` is there twice, as column {} and column {}; rename one of them in the \
                 file",
                shown(name),
                first + 1,
                index + 1
            )));
        }
    }
    Ok(())
}

/// Positions of the names that `source.toml` does not know.
pub(super) fn unknown(header: &Header<'_>, table: &Table, declared: &Declared<'_>) -> Vec<usize> {
    let names = header.names.iter().enumerate();
    names
        .filter(|(_, it)| !is_used(it, declared) && !is_ignored(it, table))
        .map(|(index, _)| index)
        .collect()
}

/// Every column that a row needs is there.
pub(super) fn check_missing(
    header: &Header<'_>,
    declared: &Declared<'_>,
    unknown: &[usize],
) -> anyhow::Result<()> {
    let missing = missing(header, declared)?;
    let Some(first) = missing.first() else {
        return Ok(());
    };
    let also: Vec<String> = missing[1..]
        .iter()
        .map(|it| format!("`{}`", shown(it)))
        .collect();
    let reason = missing_column(header, declared, unknown, first);
    Err(header.refuse(&if also.is_empty() {
        reason
    } else {
        format!("{reason} (also missing: {})", also.join(", "))
    }))
}

fn missing_column(
    header: &Header<'_>,
    declared: &Declared<'_>,
    unknown: &[usize],
    missing: &str,
) -> String {
    let name = shown(missing);
    match likely_match(header, declared, unknown, missing) {
        Some(Match::Slight(index, way)) => format!(
            "column {} is `{found}`, which differs from `{name}` only {way}; mend the header, or \
             say from = [\"{found}\"]",
            index + 1,
            found = shown(&header.names[index])
        ),
        Some(Match::Renamed(index)) => format!(
            "column `{name}` is missing; column {} is `{found}`, which may be `{name}` renamed: \
             then say from = [\"{found}\"]",
            index + 1,
            found = shown(&header.names[index])
        ),
        None => {
            let others = unknown.iter().map(|it| header.names[*it].as_str());
            let mut hint = nearest_hint(missing, others);
            if hint.is_empty() {
                hint.push(';');
            }
            format!(
                "column `{name}` is missing{hint} rename it in the file, or with `from` in \
                 source.toml, or, if files may come without it, say optional = true"
            )
        }
    }
}

/// Names that the file should have. A column made of several must have all of them, or, where it is
/// optional, none.
fn missing<'a>(
    header: &Header<'_>,
    declared: &'a Declared<'_>,
) -> anyhow::Result<IndexSet<&'a str>> {
    let mut missing = IndexSet::new();
    for (name, options) in declared {
        let inputs = inputs(name, options);
        let (there, absent): (Vec<&str>, Vec<&str>) = inputs
            .iter()
            .map(String::as_str)
            .partition(|it| header.position(it).is_some());
        if !options.optional {
            missing.extend(absent);
        } else if !there.is_empty() && !absent.is_empty() {
            let quoted = |names: &[&str]| {
                let names: Vec<String> =
                    names.iter().map(|it| format!("`{}`", shown(it))).collect();
                names.join(", ")
            };
            return Err(header.refuse(&format!(
                "column `{name}` is optional, but the file has a part of it: {} without {}",
                quoted(&there),
                quoted(&absent)
            )));
        }
    }
    Ok(missing)
}

/// What became of a column.
enum Match {
    /// The column at this place, whose name differs in this way only.
    Slight(usize, String),
    /// The column at this place, by a like name or by its place.
    Renamed(usize),
}

fn likely_match(
    header: &Header<'_>,
    declared: &Declared<'_>,
    unknown: &[usize],
    missing: &str,
) -> Option<Match> {
    let slight = unknown.iter().find_map(|index| {
        let way = slight_difference(&header.names[*index], missing)?;
        Some(Match::Slight(*index, way))
    });
    if slight.is_some() {
        return slight;
    }
    let wanted = missing.to_lowercase();
    let near = unknown.iter().filter(|it| {
        strsim::jaro_winkler(&header.names[**it].to_lowercase(), &wanted) >= LIKENESS_MIN
    });
    let at_its_place = unknown
        .iter()
        .filter(|it| stands_for(header, declared, **it, missing));
    let found = only(near).or_else(|| only(at_its_place))?;
    Some(Match::Renamed(*found))
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

/// Whether a column stands before or after the same column as the missing one should.
fn stands_for(header: &Header<'_>, declared: &Declared<'_>, index: usize, missing: &str) -> bool {
    let order = order(declared);
    let Some(place) = order.get_index_of(missing) else {
        return false;
    };
    let name_at = |index: Option<usize>| header.names.get(index?).map(String::as_str);
    let declared_at = |index: Option<usize>| order.get_index(index?).copied();
    let is_same = |found: Option<&str>, wanted: Option<&str>| found.is_some() && found == wanted;
    is_same(
        name_at(index.checked_sub(1)),
        declared_at(place.checked_sub(1)),
    ) || is_same(name_at(Some(index + 1)), declared_at(Some(place + 1)))
}

/// The columns of a file in the order in which source.toml names them.
fn order<'a>(declared: &'a Declared<'_>) -> IndexSet<&'a str> {
    declared
        .iter()
        .flat_map(|(name, options)| inputs(name, options))
        .map(String::as_str)
        .collect()
}

/// The refusal of a column that `source.toml` does not know.
pub(super) fn unknown_column(
    header: &Header<'_>,
    table: &Table,
    declared: &Declared<'_>,
    index: usize,
    new_columns: NewColumns,
) -> anyhow::Error {
    let name = &header.names[index];
    let order = order(declared);
    let absent = order.iter().filter(|it| header.position(it).is_none());
    let hint = nearest_hint(name, absent.copied());
    header.refuse(&format!(
        "column {} is `{}`, which source.toml does not know{hint}{} {}",
        index + 1,
        shown(name),
        if hint.is_empty() { ";" } else { "" },
        advice(table, new_columns)
    ))
}

/// What to do with a column that `source.toml` does not know.
pub(super) fn advice(table: &Table, new_columns: NewColumns) -> String {
    match (&table.entity, new_columns) {
        (None, _) => {
            "add it to the table's columns or to its ignored_columns, or set new_columns = \
                      \"evolve\" in [schema_drift]"
                .to_owned()
        }
        (Some(_), NewColumns::Freeze) => {
            "add it to the table's columns, or to its ignored_columns".to_owned()
        }
        (Some(entity), NewColumns::Evolve) => format!(
            "new_columns = \"evolve\" finds no place for it in entity `{entity}`: add it to the \
             table's ignored_columns, or leave `entity` out, so that the table lands"
        ),
    }
}

/// A warning where all columns are there, but in another order.
pub(super) fn reordered(
    header: &Header<'_>,
    table: &Table,
    declared: &Declared<'_>,
) -> Option<String> {
    if table.format != Format::Csv || table.header_lines == 0 {
        return None;
    }
    // A column that is made of several stands where its first one does.
    let firsts: IndexSet<&str> = declared
        .iter()
        .filter_map(|(name, options)| inputs(name, options).first())
        .map(String::as_str)
        .collect();
    let places: Option<Vec<usize>> = firsts.iter().map(|it| header.position(it)).collect();
    if places?.is_sorted() {
        return None;
    }
    Some(format!(
        "{}: columns come in another order than source.toml names them; they were matched by name",
        header.place()
    ))
}

fn is_used(name: &str, declared: &Declared<'_>) -> bool {
    declared
        .iter()
        .any(|(column, options)| inputs(column, options).iter().any(|it| it == name))
}

fn is_ignored(name: &str, table: &Table) -> bool {
    table.ignored_columns.iter().any(|it| it == name)
}
