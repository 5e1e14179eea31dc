//! The files of the benchmark.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use super::dialect::Parameters;
use crate::trial::quoted;

/// Where the folder is in the published archive.
const FOLDER_IN_ARCHIVE: &str = "csv_corpora/pollock/polluted_files";
/// The file that all others were made from.
const UNPOLLUTED: &str = "source.csv";

/// A folder with `csv/`, `clean/` and `parameters/`.
#[derive(Debug, Clone)]
pub struct Corpus {
    folder: PathBuf,
    /// Column names of the file that all others were made from.
    columns: Vec<String>,
    /// Holds the folder, where it came from an archive.
    _unpacked: Option<Arc<TempDir>>,
}

/// A polluted file, its clean twin and what a person would know of it.
#[derive(Debug)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it is written.
    pub parameters: Parameters,
    /// The columns that its declaration names.
    pub columns: Vec<String>,
    /// The rows of its clean twin, without the header.
    pub clean_rows: Vec<Vec<String>>,
}

impl Corpus {
    /// The corpus at `path`: its folder, or the archive, which is unpacked with `tar`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let (folder, unpacked) = if path.is_dir() {
            (path.to_owned(), None)
        } else {
            let unpacked = unpack(path)?;
            let folder = unpacked.path().join(FOLDER_IN_ARCHIVE);
            (folder, Some(Arc::new(unpacked)))
        };
        for part in ["csv", "clean", "parameters"] {
            if !folder.join(part).is_dir() {
                bail!("there is no folder `{}`", folder.join(part).display());
            }
        }
        let clean = read_csv(&folder.join("clean").join(UNPOLLUTED))?;
        let columns = clean.into_iter().next().context("a header")?;
        Ok(Self {
            folder,
            columns,
            _unpacked: unpacked,
        })
    }

    /// Names of all polluted files, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.folder.join("csv")).context("the polluted files")? {
            let name = entry.context("a polluted file")?.file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// One of them.
    ///
    /// # Errors
    /// When its file, its twin or its parameters cannot be read.
    pub fn sample(&self, name: &str) -> anyhow::Result<Sample> {
        let explain = || format!("failed to read `{name}`");
        let path = self.folder.join("csv").join(name);
        let bytes = std::fs::read(path).with_context(explain)?;
        let file_name = format!("{name}_parameters.json");
        let text = std::fs::read(self.folder.join("parameters").join(file_name));
        let parameters: Parameters =
            serde_json::from_slice(&text.with_context(explain)?).with_context(explain)?;
        let mut clean_rows = read_csv(&self.folder.join("clean").join(name))?;
        if parameters.header_lines > 0 {
            clean_rows.remove(0);
        }
        let columns = if parameters.header_lines > 1 {
            parameters.column_names.clone()
        } else {
            self.columns.clone()
        };
        Ok(Sample {
            name: name.to_owned(),
            bytes,
            parameters,
            columns,
            clean_rows,
        })
    }
}

impl Sample {
    /// The file's table of a `source.toml`: its dialect as its parameters say, all else as it is by
    /// default.
    pub fn declaration(&self, table: &str) -> String {
        let mut text = format!("[tables.{table}]\nfiles = [\"*.csv\"]\n");
        text.push_str(&self.parameters.declaration());
        text.push_str(&format!("[tables.{table}.columns]\n"));
        for column in &self.columns {
            text.push_str(&format!("{} = \"text\"\n", quoted(column)));
        }
        text
    }

    /// Its name without numbers: the fault that was planted.
    pub fn fault_class(&self) -> String {
        let name = self.name.trim_end_matches(".csv");
        let Some(end) = name.find(|it: char| it.is_ascii_digit()) else {
            return name.to_owned();
        };
        let stem = name[..end].trim_end_matches('_');
        stem.strip_suffix("_row").unwrap_or(stem).to_owned()
    }
}

fn unpack(archive: &Path) -> anyhow::Result<TempDir> {
    let explain = || format!("failed to unpack `{}` with tar", archive.display());
    let folder = tempfile::tempdir().context("a folder to unpack into")?;
    let status = Command::new("tar")
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(folder.path())
        .arg(FOLDER_IN_ARCHIVE)
        .status()
        .with_context(explain)?;
    if !status.success() {
        bail!("{}: {status}", explain());
    }
    Ok(folder)
}

/// Records of a clean file, which is plain RFC 4180.
fn read_csv(path: &Path) -> anyhow::Result<Vec<Vec<String>>> {
    let explain = || format!("failed to read `{}`", path.display());
    let reader = csv::ReaderBuilder::new().has_headers(false).from_path(path);
    let mut records = Vec::new();
    for record in reader.with_context(explain)?.into_records() {
        let record = record.with_context(explain)?;
        records.push(record.iter().map(str::to_owned).collect());
    }
    Ok(records)
}
