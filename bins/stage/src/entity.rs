//! A source's own SQL: one file for each entity that is made from landing tables.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;
use indexmap::IndexMap;

use crate::source::Table;

/// `<entity>.sql` in the source's folder.
#[derive(Debug, Clone)]
pub struct Entity {
    /// The entity.
    pub name: String,
    /// The file, for messages.
    pub path: PathBuf,
    /// One select.
    pub sql: String,
    /// The source's tables that it reads.
    pub reads: Vec<String>,
    /// It reads only the rows of the latest batch of some of them.
    pub reads_new_rows: bool,
}

/// Reads every SQL file of the folder, by name.
///
/// # Errors
/// Exit code 2 for a file that reads no table of its source.
pub(crate) fn load_all(
    folder: &Path,
    source: &str,
    tables: &IndexMap<String, Table>,
) -> anyhow::Result<Vec<Entity>> {
    let mut entities = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("failed to read folder `{}`", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("failed to read `{}`", folder.display()))?
            .path();
        if path.extension().is_none_or(|it| it != "sql") {
            continue;
        }
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        let reads = tables_read(&text, source, tables);
        if reads.is_empty() {
            return Err(Failure::usage(format!(
                "`{}` reads no table of its source; it should select from landing.{source}__<table>",
                path.display()
            ))
            .into());
        }
        let sql = text.trim_end().trim_end_matches(';').to_owned();
        let reads_new_rows = text.contains("__new");
        entities.push(Entity {
            name,
            path,
            sql,
            reads,
            reads_new_rows,
        });
    }
    entities.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entities)
}

/// Tables whose landing name, or its `__new` view, occurs in the text as a whole word.
fn tables_read(text: &str, source: &str, tables: &IndexMap<String, Table>) -> Vec<String> {
    let words: Vec<&str> = text
        .split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'))
        .filter_map(|word| word.strip_prefix(source)?.strip_prefix("__"))
        .map(|word| word.strip_suffix("__new").unwrap_or(word))
        .collect();
    tables
        .keys()
        .filter(|name| words.contains(&name.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_that_a_select_reads_are_found_as_whole_words() {
        let table = |_: &str| -> Table {
            toml::from_str("files = [\"x.csv\"]\n[columns]\nid = \"text\"\n").expect("a table")
        };
        let tables: IndexMap<String, Table> = ["orders", "items", "order"]
            .map(|it| (it.to_owned(), table(it)))
            .into_iter()
            .collect();
        let text = "select 1 from landing.olist__orders join landing.olist__items__new using (id)";
        assert_eq!(tables_read(text, "olist", &tables), ["orders", "items"]);
    }
}
