//! Which files a source has, and which of them are new.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use common::config::hex;
use common::{Failure, Sql, db};
use deadpool_postgres::Transaction;
use sha2::{Digest as _, Sha256};

use crate::source::{Mode, Source, Table};

const FIND_LATEST: Sql = common::sql!("stage/find_latest_file.sql");
const LIST_LANDED_PATHS: Sql = common::sql!("stage/list_landed_paths.sql");

/// Folder that tells the day of its files.
const BUSINESS_DATE_FOLDER: &str = "business_date=";
const HASH_BUFFER_BYTES: usize = 256 * 1024;

/// A file as it was when the run began.
#[derive(Debug, Clone)]
pub(crate) struct RawFile {
    /// Where it is.
    pub path: PathBuf,
    /// Below the source's data folder, with `/`.
    pub relative: String,
    /// SHA-256 of its bytes.
    pub content_sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Time of its last change.
    pub modified_at: DateTime<Utc>,
    /// The day that its folder names.
    pub business_date: Option<NaiveDate>,
}

/// The files of one table.
#[derive(Debug, Clone)]
pub(crate) struct TableFiles {
    /// The table in `source.toml`.
    pub table_name: String,
    /// SHA-256 of its declaration and SQL.
    pub config_sha256: String,
    /// All files that are there, by path.
    pub present: Vec<RawFile>,
    /// Indexes into `present` of those that are new or changed.
    pub new: Vec<usize>,
    /// A file of a snapshot is gone.
    pub has_vanished: bool,
}

impl TableFiles {
    /// Whether the table must be loaded.
    pub(crate) fn is_changed(&self) -> bool {
        !self.new.is_empty() || self.has_vanished
    }

    /// The files that are to be loaded.
    pub(crate) fn new_files(&self) -> impl Iterator<Item = &RawFile> {
        self.new.iter().map(|it| &self.present[*it])
    }
}

/// Looks at the files of every table of the source.
///
/// # Errors
/// Exit code 2: the folder or a file is missing, a file is empty or cut off.
pub(crate) fn discover(source: &Source, folder: &Path) -> anyhow::Result<Vec<TableFiles>> {
    if !folder.is_dir() {
        return Err(Failure::usage(format!(
            "source `{}` has no data folder `{}`; name it with --data",
            source.name,
            folder.display()
        ))
        .into());
    }
    std::fs::read_dir(folder)
        .with_context(|| format!("failed to read folder `{}`", folder.display()))?;
    let mut tables = Vec::new();
    for (table_name, table) in &source.tables {
        let mut present = Vec::new();
        for path in matching(folder, table)? {
            present.push(inspect(folder, &path, table)?);
        }
        if present.is_empty() && !table.optional {
            return Err(missing(source, table_name, table, folder).into());
        }
        tables.push(TableFiles {
            table_name: table_name.clone(),
            config_sha256: source.config_sha256(table_name)?,
            present,
            new: Vec::new(),
            has_vanished: false,
        });
    }
    Ok(tables)
}

fn missing(source: &Source, table_name: &str, table: &Table, folder: &Path) -> Failure {
    Failure::usage(format!(
        "table `{table_name}` of source `{}`: no file `{}` in `{}`; deliver it, or set optional = \
         true for the table in `{}`",
        source.name,
        table.files.join("`, `"),
        folder.display(),
        source.folder.join("source.toml").display()
    ))
}

fn matching(folder: &Path, table: &Table) -> anyhow::Result<Vec<PathBuf>> {
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::default()
    };
    let mut found = Vec::new();
    for pattern in &table.files {
        let base = glob::Pattern::escape(&folder.to_string_lossy());
        let full = format!("{base}/{pattern}");
        for path in glob::glob_with(&full, options).context("failed to read a pattern")? {
            let path = path.context("failed to look for raw files")?;
            let is_partial = path.extension().is_some_and(|it| it == "part");
            if !is_partial && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn inspect(folder: &Path, path: &Path, table: &Table) -> anyhow::Result<RawFile> {
    let explain = || format!("failed to read `{}`", path.display());
    check_inside(folder, path)?;
    // Before it is opened: to open a pipe is to wait for its writer.
    if !std::fs::metadata(path).with_context(explain)?.is_file() {
        return Err(Failure::usage(format!("`{}` is no file", path.display())).into());
    }
    let mut file = File::open(path).with_context(explain)?;
    let before = file.metadata().with_context(explain)?;
    check_last_line(&mut file, before.len(), path, table)?;
    let content_sha256 = sha256_of(&mut file).with_context(explain)?;
    let relative = path
        .strip_prefix(folder)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned();
    let modified_at = before.modified().unwrap_or(SystemTime::UNIX_EPOCH).into();
    Ok(RawFile {
        path: path.to_owned(),
        business_date: business_date_of(&relative),
        relative,
        content_sha256,
        bytes: before.len(),
        modified_at,
    })
}

/// A symbolic link must not lead out of the source's folder.
fn check_inside(folder: &Path, path: &Path) -> anyhow::Result<()> {
    let explain = || format!("failed to resolve `{}`", path.display());
    let resolved = path.canonicalize().with_context(explain)?;
    if resolved.starts_with(folder.canonicalize().with_context(explain)?) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{}` leads out of its source's folder to `{}`; copy the file instead",
        path.display(),
        resolved.display()
    ))
    .into())
}

/// A file that was cut off may look whole to any reader: its last line must end.
fn check_last_line(file: &mut File, bytes: u64, path: &Path, table: &Table) -> anyhow::Result<()> {
    if bytes == 0 {
        return Err(Failure::usage(format!(
            "`{}` is empty: it has not even a header; deliver the file again",
            path.display()
        ))
        .into());
    }
    let mut last = [0_u8];
    file.seek(SeekFrom::End(-1))
        .and_then(|_| file.read_exact(&mut last))
        .and_then(|()| file.rewind())
        .with_context(|| format!("failed to read `{}`", path.display()))?;
    if last == *b"\n" || table.last_line_is_open {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{}` ends without a line break, so it may be cut off; deliver the whole file, or, if the \
         source always writes it so, set last_line_is_open = true for its table",
        path.display()
    ))
    .into())
}

fn sha256_of(file: &mut File) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; HASH_BUFFER_BYTES];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(&buffer[..count]);
    }
}

fn business_date_of(relative: &str) -> Option<NaiveDate> {
    relative
        .split('/')
        .rev()
        .find_map(|part| part.strip_prefix(BUSINESS_DATE_FOLDER)?.parse().ok())
}

/// Compares with what was loaded: a file whose latest version was published unchanged, under the
/// same declaration, is not new. When anything is new, files whose rows are still held back come
/// along: what they waited for may be there now.
///
/// # Errors
/// As the server says.
pub(crate) async fn mark_new(
    tx: &Transaction<'_>,
    source: &Source,
    tables: &mut [TableFiles],
) -> anyhow::Result<()> {
    let mut waiting = Vec::new();
    for (table_index, table) in tables.iter_mut().enumerate() {
        let datasets = source.fed_by(&table.table_name);
        for (index, file) in table.present.iter().enumerate() {
            let parameters: db::Parameters<'_> =
                &[&source.name, &table.table_name, &file.relative, &datasets];
            let latest = db::rows(tx, FIND_LATEST, parameters).await?;
            let loaded = latest.first().filter(|row| {
                row.get::<_, &str>("state") == "loaded"
                    && row.get::<_, &str>("content_sha256") == file.content_sha256
                    && row.get::<_, &str>("config_sha256") == table.config_sha256
            });
            match loaded {
                None => table.new.push(index),
                Some(row) if row.get("has_waiting_rows") => waiting.push((table_index, index)),
                Some(_) => {}
            }
        }
        table.has_vanished = has_vanished(tx, source, table).await?;
    }
    if tables.iter().any(TableFiles::is_changed) {
        for (table_index, index) in waiting {
            tables[table_index].new.push(index);
        }
    }
    for table in tables.iter_mut().filter(|it| it.is_changed()) {
        let declared = &source.tables[&table.table_name];
        // Staging must see a snapshot whole, to tell what has vanished from it.
        if declared.mode == Mode::Snapshot && declared.entity.is_some() {
            table.new = (0..table.present.len()).collect();
        }
    }
    Ok(())
}

/// Whether rows of a file that is gone are still held: of a snapshot, or in landing of a batch that
/// was never published.
async fn has_vanished(
    tx: &Transaction<'_>,
    source: &Source,
    table: &TableFiles,
) -> anyhow::Result<bool> {
    let declared = &source.tables[&table.table_name];
    let landed = db::rows(tx, LIST_LANDED_PATHS, &[&source.name, &table.table_name]).await?;
    Ok(landed.iter().any(|row| {
        let is_gone = !table
            .present
            .iter()
            .any(|it| it.relative == row.get::<_, &str>("path"));
        let is_unpublished = row.get::<_, &str>("state") == "staged" && declared.entity.is_none();
        is_gone && (declared.mode == Mode::Snapshot || is_unpublished)
    }))
}

#[cfg(test)]
mod tests {
    use super::business_date_of;

    #[test]
    fn the_day_comes_from_the_innermost_folder() {
        let day = |text: &str| text.parse().ok();
        assert_eq!(
            business_date_of("business_date=2025-03-01/a.csv"),
            day("2025-03-01")
        );
        assert_eq!(business_date_of("a.csv"), None);
        assert_eq!(business_date_of("business_date=soon/a.csv"), None);
    }
}
