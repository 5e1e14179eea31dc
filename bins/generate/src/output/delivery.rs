//! The files in the making: parts are added in order, and all files appear when all are complete.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;
use common::atomic::AtomicFile;

use crate::faults::{FaultPlan, Kind, Label};
use crate::metadata::METADATA_FILE;
use crate::output::packing::{ending, pack};
use crate::output::sheet::header;
use crate::output::{File, Part, Releases};
use crate::settings::Compression;
use crate::time::Clock;

/// Open files at once; a long change stream has more of them, which then rest between two parts.
const OPEN_FILES_MAX: usize = 32;

/// The labels of planted faults, one a line.
pub(crate) const FAULTS_FILE: &str = "faults.jsonl";

/// Files below one folder, under temporary names until they are committed.
#[derive(Debug)]
pub(crate) struct Delivery {
    folder: PathBuf,
    files: BTreeMap<(usize, File), Growing>,
    rests: bool,
    labels: Option<LabelFile>,
}

/// Labels of planted faults on their way to their file.
#[derive(Debug)]
struct LabelFile {
    writer: AtomicFile,
    counts: BTreeMap<Kind, u64>,
}

impl LabelFile {
    fn add(&mut self, file: &str, line: Option<u64>, label: &Label) -> anyhow::Result<()> {
        let mut text = Vec::new();
        label.write(file, line, &mut text)?;
        *self.counts.entry(label.kind).or_default() += 1;
        let written = self.writer.write_all(&text);
        written.with_context(|| format!("failed to write `{FAULTS_FILE}`"))
    }
}

#[derive(Debug)]
struct Growing {
    /// Below the output folder.
    name: String,
    writer: AtomicFile,
    row_count: u64,
}

impl Delivery {
    /// Starts every file of every delivery with its header.
    pub(crate) fn create(
        folder: &Path,
        releases: &Releases,
        clock: &Clock,
        compression: Compression,
        has_faults: bool,
    ) -> anyhow::Result<Self> {
        // Known now, because later some of the files would be in place already.
        for name in [FAULTS_FILE, METADATA_FILE] {
            refuse_folder(&folder.join(name))?;
        }
        let labels = if has_faults {
            Some(LabelFile {
                writer: AtomicFile::create(&folder.join(FAULTS_FILE))?,
                counts: BTreeMap::new(),
            })
        } else {
            None
        };
        let mut delivery = Self {
            folder: folder.to_owned(),
            files: BTreeMap::new(),
            rests: releases.count() * File::ALL.len() > OPEN_FILES_MAX,
            labels,
        };
        for release in 0..releases.count() {
            for file in releases.files() {
                let name = format!(
                    "{}{}{}",
                    releases.folder(release, clock),
                    file.name(),
                    ending(compression)
                );
                let path = folder.join(&name);
                refuse_folder(&path)?;
                let writer = AtomicFile::create(&path)?;
                let growing = Growing {
                    name,
                    writer,
                    row_count: 0,
                };
                delivery.files.insert((release, file), growing);
                let head = Part {
                    release,
                    file,
                    bytes: pack(header(file)?, compression)?,
                    row_count: 0,
                    labels: Vec::new(),
                };
                delivery.add(&head)?;
            }
        }
        Ok(delivery)
    }

    /// Adds text to the end of a file.
    pub(crate) fn add(&mut self, part: &Part) -> anyhow::Result<()> {
        let growing = self
            .files
            .get_mut(&(part.release, part.file))
            .with_context(|| format!("no file is open for `{}`", part.file.name()))?;
        if let Some(labels) = &mut self.labels {
            let first_line = growing.row_count + if part.file.is_json() { 1 } else { 2 };
            for (rows_before, label) in &part.labels {
                labels.add(&growing.name, Some(first_line + rows_before), label)?;
            }
        }
        growing.row_count += part.row_count;
        let mut write = || {
            growing.writer.write_all(&part.bytes)?;
            if self.rests {
                growing.writer.rest()?;
            }
            Ok::<_, std::io::Error>(())
        };
        write().with_context(|| {
            let path = self.folder.join(&growing.name);
            format!("failed to write `{}`", path.display())
        })
    }

    /// Labels a day of a delivery.
    pub(crate) fn label_day(&mut self, release: usize, label: &Label) -> anyhow::Result<()> {
        let orders = self.files.get(&(release, File::Transactions));
        match (&mut self.labels, orders) {
            (Some(labels), Some(orders)) => labels.add(&orders.name, None, label),
            _ => Ok(()),
        }
    }

    /// Damages the files that are to be, now that they are finished.
    pub(crate) fn damage(&mut self, plan: &FaultPlan) -> anyhow::Result<()> {
        for (&(release, file), growing) in &mut self.files {
            let (Some(fault), Some(labels)) = (plan.file_fault(file, release), &mut self.labels)
            else {
                continue;
            };
            let rows = growing.row_count;
            growing
                .writer
                .rewrite(|before, after| fault.copy(rows, before, after))
                .with_context(|| format!("failed to damage `{}`", growing.name))?;
            labels.add(&growing.name, None, &fault.label(rows))?;
        }
        Ok(())
    }

    /// Planted faults of each kind.
    pub(crate) fn fault_counts(&self) -> BTreeMap<Kind, u64> {
        let labels = self.labels.as_ref();
        labels
            .map(|labels| labels.counts.clone())
            .unwrap_or_default()
    }

    /// Rows of a file, over all deliveries.
    pub(crate) fn row_count(&self, file: File) -> u64 {
        self.files
            .iter()
            .filter(|((_, of), _)| *of == file)
            .map(|(_, growing)| growing.row_count)
            .sum()
    }

    /// The files below the output folder, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files
            .values()
            .map(|growing| growing.name.clone())
            .chain(self.labels.is_some().then(|| FAULTS_FILE.to_owned()))
            .collect()
    }

    /// Leaves files of JSON lines out that have none: without a header nobody can tell an empty file
    /// from one that was cut off.
    pub(crate) fn leave_out_empty(&mut self) {
        self.files
            .retain(|(_, file), growing| !file.is_json() || growing.row_count > 0);
    }

    /// Puts all files in their places, only now that each of them is complete, and removes those of
    /// an earlier run that are not among them.
    pub(crate) fn commit(self, earlier: &[String]) -> anyhow::Result<()> {
        let names = self.names();
        let folder = self.folder;
        for growing in self.files.into_values() {
            growing.writer.commit()?;
        }
        match self.labels {
            Some(labels) => labels.writer.commit()?,
            // Labels of an earlier run would tell of faults that are no longer there.
            None => remove(&folder.join(FAULTS_FILE))?,
        }
        for name in earlier.iter().filter(|name| !names.contains(name)) {
            remove(&folder.join(name))?;
        }
        Ok(())
    }
}

/// A folder in the place of a file is told before anything is written.
fn refuse_folder(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        return Err(Failure::usage(format!(
            "failed to write `{}`: a folder has that name; remove it or choose another --out",
            path.display()
        ))
        .into());
    }
    Ok(())
}

/// Removes a file, and its folder when that was the last one in it.
fn remove(path: &PathBuf) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", path.display()))
        }
        _ => {
            if let Some(folder) = path.parent() {
                // A folder that still holds something stays.
                let _ = std::fs::remove_dir(folder);
            }
            Ok(())
        }
    }
}
