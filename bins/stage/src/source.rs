//! `config/sources/<source>/source.toml`: what a shop's files look like.
//!
//! A load follows what is declared here and guesses nothing.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono_tz::Tz;
use common::config::{hex, parse_toml_text};
use common::{Failure, StageContext};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

mod checks;
mod column_checks;
mod table;

pub(crate) use column_checks::COLUMNS_MAX;
pub use table::*;

use checks::check_table;

use crate::entity::{self, Entity};
use crate::values::Reader;

/// The file's name in the source's folder.
pub(crate) const FILE_NAME: &str = "source.toml";
/// Longest name of a source or table; both together name a landing table of at most 63 bytes.
pub(crate) const NAME_LENGTH_MAX: usize = 29;

/// A shop: who it is, its tables, and the SQL that turns them into entities.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the folder; the first part of every business key.
    pub name: String,
    /// The folder with `source.toml` and the SQL files.
    pub folder: PathBuf,
    /// Who the shop is.
    pub retailer: Retailer,
    /// What a change of its files' shape leads to.
    pub schema_drift: SchemaDrift,
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

/// What a source does when its files change their shape.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaDrift {
    /// A column that `source.toml` does not know.
    pub new_columns: NewColumns,
    /// A value that is not of its column's type.
    pub types: DriftedTypes,
}

/// What becomes of a column that `source.toml` does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NewColumns {
    /// The file is refused.
    #[default]
    Freeze,
    /// It lands as a nullable text, and the report says so.
    Evolve,
}

/// What becomes of a value that is not of its column's type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftedTypes {
    /// Its record goes to quarantine.
    #[default]
    Quarantine,
    /// Its file is refused.
    Freeze,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    retailer: Retailer,
    #[serde(default)]
    schema_drift: SchemaDrift,
    tables: IndexMap<String, Table>,
    /// Overrides of checks, which `quality` reads.
    #[serde(default, rename = "quality")]
    _quality: Option<toml::Table>,
}

impl SourceFile {
    fn parse(text: &str, path: &Path) -> anyhow::Result<Self> {
        let file: Self = parse_toml_text(text, path)?;
        check_currency(&file.retailer.currency)
            .with_context(|| format!("in `{}`", path.display()))?;
        for (table_name, table) in &file.tables {
            check_name("table", table_name)
                .and_then(|()| check_table(table_name, table))
                .and_then(|()| check_values(table_name, table, file.retailer.time_zone))
                .with_context(|| format!("in `{}`", path.display()))?;
        }
        Ok(file)
    }
}

/// Reads and checks the text of a `source.toml` without what lies beside it; `path` is where it
/// stands, for messages. Returns the zone of the shop, and its tables.
///
/// # Errors
/// Exit code 2: as [`Source::load`].
pub fn check_text(text: &str, path: &Path) -> anyhow::Result<(Tz, IndexMap<String, Table>)> {
    let file = SourceFile::parse(text, path)?;
    Ok((file.retailer.time_zone, file.tables))
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
        let text = std::fs::read_to_string(&path)
            .with_context(|| Failure::usage(format!("failed to read `{}`", path.display())))?;
        let SourceFile {
            retailer,
            schema_drift,
            tables,
            ..
        } = SourceFile::parse(&text, &path)?;
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
            schema_drift,
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
        digest.update(serde_json::to_vec(&self.schema_drift).context("a policy as JSON")?);
        for entity in self
            .entities
            .iter()
            .filter(|it| it.reads.iter().any(|it| it == table_name))
        {
            digest.update(&entity.sql);
        }
        Ok(hex(&digest.finalize()))
    }

    /// Name of a table in the landing schema.
    pub fn landing_table(&self, table_name: &str) -> String {
        format!("{}__{table_name}", self.name)
    }
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

/// Whether every column's values can be read as it declares them.
fn check_values(table_name: &str, table: &Table, zone: Tz) -> anyhow::Result<()> {
    for (name, column) in &table.columns {
        Reader::new(&column.options(), table, zone)
            .map_err(|reason| Failure::usage(format!("column `{table_name}.{name}`: {reason}")))?;
    }
    Ok(())
}

/// Currencies are ISO 4217 codes.
pub(crate) fn check_currency(currency: &str) -> anyhow::Result<()> {
    if currency.len() == 3 && currency.bytes().all(|it| it.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{currency}` is no currency; write its ISO 4217 code, such as EUR"
    ))
    .into())
}

/// Names become parts of table names: `[a-z][a-z0-9_]{0,28}` without a double underscore.
pub(crate) fn check_name(what: &str, name: &str) -> anyhow::Result<()> {
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
