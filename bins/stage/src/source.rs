//! `config/sources/<source>/source.toml`: what a shop's files look like.
//!
//! A load follows what is declared here and guesses nothing.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono_tz::Tz;
use common::config::{hex, parse_toml};
use common::{Failure, StageContext};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::entity::{self, Entity};

/// The file's name in the source's folder.
const FILE_NAME: &str = "source.toml";
/// Longest name of a source or table; both together name a landing table of at most 63 bytes.
const NAME_LENGTH_MAX: usize = 29;

/// A shop: who it is, its tables, and the SQL that turns them into entities.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the folder; the first part of every business key.
    pub name: String,
    /// The folder with `source.toml` and the SQL files.
    pub folder: PathBuf,
    /// Who the shop is.
    pub retailer: Retailer,
    /// Its tables, by name, in order of the file.
    pub tables: IndexMap<String, Table>,
    /// SQL that makes an entity from landing tables.
    pub entities: Vec<Entity>,
}

/// The shop's own facts; they end up in `production.retailers`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retailer {
    /// The shop's name for people.
    pub name: String,
    /// Its days are cut, and its local times understood, in this zone (IANA name).
    pub time_zone: Tz,
    /// ISO 4217 code of amounts without a currency of their own.
    pub currency: String,
    /// Statuses of orders that count as revenue; absent: all but cancelled, refused, unpaid and
    /// unavailable.
    pub counted_statuses: Option<Vec<String>>,
}

/// How one kind of file is read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Patterns below the source's data folder.
    pub files: Vec<String>,
    /// Entity that the files already look like; absent: they go to landing.
    pub entity: Option<String>,
    /// What a new version of a file means.
    #[serde(default)]
    pub mode: Mode,
    /// A run without such a file is in order.
    #[serde(default)]
    pub optional: bool,
    /// Field separator.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// Texts that mean "no value".
    #[serde(default = "empty_text")]
    pub nulls: Vec<String>,
    /// The files end without a line break; else such a file counts as cut off.
    #[serde(default)]
    pub last_line_is_open: bool,
    /// Local times that a change of the clock skipped are usual in these files: they move to the
    /// end of the gap as everywhere, but without a warning.
    #[serde(default)]
    pub has_gap_times: bool,
    /// Columns of the file that are not loaded.
    #[serde(default)]
    pub ignored_columns: Vec<String>,
    /// Columns to load, in order.
    pub columns: IndexMap<String, Column>,
}

/// What a new version of a file means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The files that are there now are the whole table.
    #[default]
    Snapshot,
    /// Each file adds rows; earlier files stay.
    Append,
}

/// A column: `price = "decimal"`, or a table with options.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Column {
    /// Only its type.
    Type(Type),
    /// Its type and how it is read.
    Options(ColumnOptions),
}

/// How a column is read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnOptions {
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Columns of the file that it is made of, joined by a space; absent: the one of its name.
    #[serde(default)]
    pub from: Vec<String>,
    /// strftime format of dates and times.
    pub format: Option<String>,
    /// The same value in every row, in place of a column of the file.
    pub constant: Option<String>,
    /// Only the digits of the text are read: `ITEM00017` is 17.
    #[serde(default)]
    pub digits: bool,
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// An exact number of at most 28 digits.
    Decimal,
    /// A calendar day.
    Date,
    /// A point in time; without an offset it is the shop's local time.
    Timestamp,
    /// true or false, also t/f, yes/no, y/n, 1/0.
    Boolean,
    /// A JSON document.
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    retailer: Retailer,
    tables: IndexMap<String, Table>,
    /// Overrides of checks, which `quality` reads.
    #[serde(default, rename = "quality")]
    _quality: Option<toml::Table>,
}

impl Column {
    /// The options, with their defaults where only a type was given.
    pub fn options(&self) -> ColumnOptions {
        match self {
            Self::Options(options) => options.clone(),
            Self::Type(kind) => ColumnOptions {
                kind: *kind,
                from: Vec::new(),
                format: None,
                constant: None,
                digits: false,
            },
        }
    }
}

impl Source {
    /// Reads and checks a source's folder below `config/sources`.
    ///
    /// # Errors
    /// Exit code 2: no such source, an unknown key, a bad name, SQL that reads no table.
    pub fn load(ctx: &StageContext, name: &str) -> anyhow::Result<Self> {
        let sources = ctx.config.paths.config_dir.join("sources");
        let folder = sources.join(name);
        check_name("source", name)?;
        if !folder.join(FILE_NAME).is_file() {
            return Err(unknown_source(&sources, name).into());
        }
        let path = folder.join(FILE_NAME);
        let SourceFile {
            retailer, tables, ..
        } = parse_toml(&path)?;
        let currency = &retailer.currency;
        if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
            let place = path.display();
            return Err(Failure::usage(format!(
                "in `{place}`: `{currency}` is no currency; write its ISO 4217 code, such as EUR"
            ))
            .into());
        }
        for (table_name, table) in &tables {
            check_name("table", table_name)
                .and_then(|()| check_table(table_name, table))
                .with_context(|| format!("in `{}`", path.display()))?;
        }
        let entities = entity::load_all(&folder, name, &tables)?;
        for table in tables.values() {
            let twice = entities
                .iter()
                .find(|it| Some(&it.name) == table.entity.as_ref());
            if let Some(entity) = twice {
                return Err(Failure::usage(format!(
                    "entity `{}` comes from `{}` and from a table of `{}`; keep one of them",
                    entity.name,
                    entity.path.display(),
                    path.display()
                ))
                .into());
            }
        }
        Ok(Self {
            name: name.to_owned(),
            folder,
            retailer,
            tables,
            entities,
        })
    }

    /// SHA-256 of a table's declaration, the shop's facts and the SQL that reads the table: a mended
    /// mapping loads again.
    ///
    /// # Errors
    /// Never for what [`Source::load`] has read.
    pub fn config_sha256(&self, table_name: &str) -> anyhow::Result<String> {
        let mut digest = Sha256::new();
        let table = serde_json::to_vec(&self.tables[table_name]).context("a table as JSON")?;
        digest.update(table);
        digest.update(serde_json::to_vec(&self.retailer).context("a retailer as JSON")?);
        for entity in self
            .entities
            .iter()
            .filter(|it| it.reads.iter().any(|it| it == table_name))
        {
            digest.update(&entity.sql);
        }
        Ok(hex(&digest.finalize()))
    }

    /// The entities that a table's rows end up in.
    pub fn fed_by(&self, table_name: &str) -> Vec<String> {
        let direct = self.tables[table_name].entity.clone();
        let by_sql = self
            .entities
            .iter()
            .filter(|it| it.reads.iter().any(|it| it == table_name));
        direct
            .into_iter()
            .chain(by_sql.map(|it| it.name.clone()))
            .collect()
    }

    /// Name of a table in the landing schema.
    pub fn landing_table(&self, table_name: &str) -> String {
        format!("{}__{table_name}", self.name)
    }
}

fn comma() -> char {
    ','
}

fn empty_text() -> Vec<String> {
    vec![String::new()]
}

fn unknown_source(sources: &Path, name: &str) -> Failure {
    let known: Vec<String> = std::fs::read_dir(sources)
        .map(|entries| {
            let names = entries.filter_map(Result::ok).map(|it| it.file_name());
            names.filter_map(|it| it.into_string().ok()).collect()
        })
        .unwrap_or_default();
    let hint = common::config::nearest_hint(name, known.iter().map(String::as_str));
    let path = sources.join(name).join(FILE_NAME);
    Failure::usage(format!(
        "no source `{name}`: there is no `{}`{hint}",
        path.display()
    ))
}

/// Names become parts of table names: `[a-z][a-z0-9_]{0,28}` without a double underscore.
fn check_name(what: &str, name: &str) -> anyhow::Result<()> {
    let is_valid = name.len() <= NAME_LENGTH_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
        && !name.contains("__");
    if is_valid {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{name}` is no name for a {what}: use up to {NAME_LENGTH_MAX} small letters, digits and \
         single underscores, a letter first"
    ))
    .into())
}

fn check_table(table_name: &str, table: &Table) -> anyhow::Result<()> {
    let refuse = |reason: String| Err(Failure::usage(reason).into());
    if !table.delimiter.is_ascii() || matches!(table.delimiter, '"' | '\r' | '\n') {
        return refuse(format!(
            "table `{table_name}`: the delimiter must be one ASCII character"
        ));
    }
    for pattern in &table.files {
        if Path::new(pattern).is_absolute() || pattern.split('/').any(|part| part == "..") {
            return refuse(format!(
                "table `{table_name}`: pattern `{pattern}` leaves the folder"
            ));
        }
        if let Err(error) = glob::Pattern::new(pattern) {
            return refuse(format!(
                "table `{table_name}`: pattern `{pattern}`: {error}"
            ));
        }
    }
    for (column_name, column) in &table.columns {
        let options = column.options();
        if options.constant.is_some() && !options.from.is_empty() {
            return refuse(format!(
                "column `{table_name}.{column_name}` has both `constant` and `from`; keep one"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_break_a_table_name_are_refused() {
        for name in ["", "Olist", "1st", "a__b", "a-b", &"a".repeat(30)] {
            assert!(check_name("source", name).is_err(), "{name}");
        }
        assert!(check_name("source", "olist_2").is_ok());
    }
}
