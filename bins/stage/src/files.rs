//! Which files a source has, as they were when the run began.
//!
//! In: the source's declaration and its data folder. Out: each table's files with size, digest and
//! day. A file that its manifest does not fit, or that looks cut off, is refused here.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use common::Failure;
use common::config::hex;
use sha2::{Digest as _, Sha256};

mod dates;
mod endings;
mod versions;
mod walk;

use endings::{begins_otherwise, check_last_line, is_packed, last_byte_of_a_line};

pub(crate) use dates::Selection;
pub(crate) use versions::mark_new;

use crate::manifest::{self, FileManifest};
use crate::source::{Format, Manifest, Mode, Source, Table};

/// Bytes of text that one packed byte usually holds.
const USUAL_RATIO: u64 = 8;
const HASH_BUFFER_BYTES: usize = 256 * 1024;

/// A file as it was when the run began.
#[derive(Debug, Clone)]
pub(crate) struct RawFile {
    /// Where it is.
    pub path: PathBuf,
    /// Below the source's data folder, with `/`.
    pub relative: String,
    /// SHA-256 of its bytes; empty where nobody asked for it.
    pub content_sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Time of its last change.
    pub modified_at: DateTime<Utc>,
    /// Number in its file system; another one is another file.
    pub inode: u64,
    /// The day that its folder names.
    pub business_date: Option<NaiveDate>,
    /// A last line without a line break means that the file is cut off. Whoever unpacks and decodes
    /// the file checks it; here only files can be checked whose last byte tells.
    pub must_end_with_line_break: bool,
    /// What its sender says of it; size and SHA-256 agree.
    pub manifest: Option<FileManifest>,
}

/// The files of one table.
#[derive(Debug, Clone)]
pub(crate) struct TableFiles {
    /// The table in `source.toml`.
    pub table_name: String,
    /// SHA-256 of its declaration and SQL.
    pub config_sha256: String,
    /// The files that this run looks at, by day and path: a later one knows better.
    pub present: Vec<RawFile>,
    /// Indexes into `present` of those that are new or changed, in its order.
    pub new: Vec<usize>,
    /// A file of a snapshot is gone.
    pub has_vanished: bool,
    /// The run looks at a range of days only: `present` is not all that the table has, so that
    /// nothing vanishes and no snapshot is whole.
    pub is_partial: bool,
    /// Number of files outside of that range.
    pub left_out: usize,
}

impl TableFiles {
    /// Whether the table must be loaded.
    pub(crate) fn is_changed(&self) -> bool {
        !self.new.is_empty() || self.has_vanished
    }

    /// Warnings of files with the same bytes: their rows come twice, unless the table is upserted.
    pub(crate) fn twins(&self, mode: Mode) -> Vec<String> {
        let mut first_of: HashMap<&str, &str> = HashMap::new();
        let mut warnings = Vec::new();
        for file in self.present.iter().filter(|_| mode != Mode::Upsert) {
            if let Some(first) = first_of.insert(&file.content_sha256, &file.relative) {
                warnings.push(format!(
                    "table {}: `{first}` and `{}` hold the same bytes, so their rows are there twice",
                    self.table_name, file.relative
                ));
            }
        }
        warnings
    }

    /// A warning where a range of days leaves nothing of the table to look at.
    pub(crate) fn nothing_in_range(&self) -> Option<String> {
        let is_empty = self.present.is_empty() && self.left_out > 0;
        is_empty.then(|| {
            format!(
                "table {}: none of its {} files lies in a dated folder of the range of days",
                self.table_name, self.left_out
            )
        })
    }

    /// Paths of all files that this run looks at.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.present.iter().map(|it| it.relative.as_str()).collect()
    }

    /// Those that are new or changed.
    pub(crate) fn new_files(&self) -> impl Iterator<Item = &RawFile> {
        self.new.iter().map(|it| &self.present[*it])
    }

    /// Paths of those that are new or changed.
    pub(crate) fn new_paths(&self) -> Vec<&str> {
        self.new_files().map(|it| it.relative.as_str()).collect()
    }
}

impl RawFile {
    /// Refuses a file that is not the one that was found any more.
    ///
    /// # Errors
    /// Exit code 3: it changed, or is gone.
    pub(crate) fn check_unchanged(&self) -> anyhow::Result<()> {
        let now = std::fs::metadata(&self.path);
        let is_same = now.is_ok_and(|it| {
            it.len() == self.bytes && it.ino() == self.inode && modified_at(&it) == self.modified_at
        });
        if is_same { Ok(()) } else { Err(changed()) }
    }

    /// Refuses a file whose bytes, as they were read, are others than those that were found.
    ///
    /// # Errors
    /// Exit code 3.
    pub(crate) fn check_content(&self, sha256: &str) -> anyhow::Result<()> {
        if self.content_sha256.is_empty() || sha256 == self.content_sha256 {
            return self.check_unchanged();
        }
        Err(changed())
    }

    /// Size in bytes; of a packed file, what such files usually unpack to.
    pub(crate) fn unpacked_bytes_guess(&self) -> u64 {
        if is_packed(&self.path) {
            self.bytes.saturating_mul(USUAL_RATIO)
        } else {
            self.bytes
        }
    }

    /// Compares the number of records, rejected ones included, with the manifest, if there is one.
    ///
    /// # Errors
    /// Exit code 2: they differ.
    pub(crate) fn check_rows(&self, read: u64) -> anyhow::Result<()> {
        match &self.manifest {
            Some(manifest) => manifest.check_rows(read),
            None => Ok(()),
        }
    }
}

/// A file is not the one that was found any more.
pub(crate) fn changed() -> anyhow::Error {
    Failure::transient(
        "it changed while it was read; wait until it is delivered whole, then run again",
    )
    .into()
}

/// Looks at the files of every table of the source.
///
/// # Errors
/// Exit code 2: the folder or a file is missing, a file is empty or cut off, a manifest does not fit
/// its file; 3: a file changed meanwhile.
pub(crate) fn discover(
    source: &Source,
    folder: &Path,
    selection: &Selection,
) -> anyhow::Result<Vec<TableFiles>> {
    selection.check()?;
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
        let found = walk::matching(folder, &table.files)?;
        if found.is_empty() && !table.optional {
            return Err(missing(source, table_name, table, folder).into());
        }
        let mut left_out = 0;
        let mut present = Vec::new();
        for path in found {
            let relative = below(folder, &path);
            if selection.holds(dates::business_date_of(&relative)) {
                present.push(inspect(folder, path, relative, table, true)?);
            } else {
                left_out += 1;
            }
        }
        present.sort_by(|left, right| {
            let place = |it: &RawFile| (it.business_date, it.relative.clone());
            place(left).cmp(&place(right))
        });
        tables.push(TableFiles {
            table_name: table_name.clone(),
            config_sha256: source.config_sha256(table_name)?,
            present,
            new: Vec::new(),
            has_vanished: false,
            is_partial: selection.is_partial(),
            left_out,
        });
    }
    Ok(tables)
}

/// Looks at a file of a table, wherever it is. Nobody asks whether it was loaded before, so its
/// bytes are read once only, when it is loaded.
///
/// # Errors
/// As [`discover`].
pub(crate) fn single(path: &Path, table: &Table) -> anyhow::Result<RawFile> {
    let explain = || format!("failed to resolve `{}`", path.display());
    let path = path.canonicalize().with_context(explain)?;
    let folder = path.parent().unwrap_or(&path).to_owned();
    let relative = below(&folder, &path);
    inspect(&folder, path, relative, table, false)
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

/// The path below the folder; its names are UTF-8, or the file would not have been found.
fn below(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    inside.to_string_lossy().into_owned()
}

fn inspect(
    folder: &Path,
    path: PathBuf,
    relative: String,
    table: &Table,
    is_identified: bool,
) -> anyhow::Result<RawFile> {
    let explain = || format!("failed to read `{}`", path.display());
    if relative.contains(char::is_control) {
        // As it stands it would write lines of its own into logs.
        return Err(Failure::usage(format!(
            "the name of file {relative:?} holds control characters; rename it"
        ))
        .into());
    }
    check_inside(folder, &path)?;
    // Before it is opened: to open a pipe is to wait for its writer.
    if !std::fs::metadata(&path).with_context(explain)?.is_file() {
        return Err(Failure::usage(format!("`{}` is no file", path.display())).into());
    }
    let manifest = manifest_of(folder, &path, table)?;
    let mut file = File::open(&path).with_context(explain)?;
    let before = file.metadata().with_context(explain)?;
    check_not_empty(before.len(), &path, table, manifest.is_some())?;
    let (content_sha256, bytes) = if is_identified || manifest.is_some() {
        sha256_of(&mut file).with_context(explain)?
    } else {
        (String::new(), before.len())
    };
    if bytes != before.len() {
        return Err(changed()).with_context(explain);
    }
    if let Some(manifest) = &manifest {
        manifest.check_content(bytes, &content_sha256)?;
    }
    let found = RawFile {
        business_date: dates::business_date_of(&relative),
        path,
        relative,
        content_sha256,
        bytes,
        modified_at: modified_at(&before),
        inode: before.ino(),
        must_end_with_line_break: !table.last_line_is_open && manifest.is_none(),
        manifest,
    };
    if found.must_end_with_line_break
        && let Some(last) = last_byte_of_a_line(&found.path, table)
        && !begins_otherwise(&mut file)
            .with_context(|| format!("failed to read `{}`", found.path.display()))?
    {
        check_last_line(&mut file, last, &found.path)?;
    }
    Ok(found)
}

/// A time that no calendar holds counts as 1970.
fn modified_at(metadata: &Metadata) -> DateTime<Utc> {
    let nanoseconds = u32::try_from(metadata.mtime_nsec()).unwrap_or_default();
    DateTime::from_timestamp(metadata.mtime(), nanoseconds).unwrap_or_default()
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

fn manifest_of(folder: &Path, path: &Path, table: &Table) -> anyhow::Result<Option<FileManifest>> {
    let beside = manifest::path_of(path);
    if beside.is_file() {
        check_inside(folder, &beside)?;
        return FileManifest::read(beside).map(Some);
    }
    if table.manifest == Manifest::Optional {
        return Ok(None);
    }
    Err(Failure::usage(format!(
        "`{}` has no manifest `{}`; deliver it, or take manifest = \"required\" from its table in \
         source.toml",
        path.display(),
        beside.display()
    ))
    .into())
}

fn check_not_empty(
    bytes: u64,
    path: &Path,
    table: &Table,
    is_vouched_for: bool,
) -> anyhow::Result<()> {
    let has_header = table.format == Format::Csv && table.header_lines > 0;
    if bytes > 0 || (is_vouched_for && !has_header) {
        return Ok(());
    }
    let reason = if has_header {
        "it has not even a header; deliver the file again"
    } else {
        "deliver the file again, or, if it has no records, a manifest that says so"
    };
    Err(Failure::usage(format!("`{}` is empty: {reason}", path.display())).into())
}

/// Digest and number of the bytes.
fn sha256_of(file: &mut File) -> std::io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; HASH_BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((hex(&digest.finalize()), bytes));
        }
        digest.update(&buffer[..count]);
        bytes += count as u64;
    }
}

#[cfg(test)]
mod tests;
