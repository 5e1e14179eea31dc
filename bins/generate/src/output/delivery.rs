//! The files in the making: parts are added in order, and all files appear when all are complete.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::atomic::AtomicFile;

use crate::output::packing::{ending, pack};
use crate::output::sheet::header;
use crate::output::{File, Part, Releases};
use crate::settings::Compression;
use crate::time::Clock;

/// Open files at once; a long change stream has more of them, which then rest between two parts.
const OPEN_FILES_MAX: usize = 100;

/// Files below one folder, under temporary names until they are committed.
#[derive(Debug)]
pub(crate) struct Delivery {
    files: BTreeMap<(usize, File), Growing>,
    rests: bool,
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
    ) -> anyhow::Result<Self> {
        let mut delivery = Self {
            files: BTreeMap::new(),
            rests: releases.count() * File::ALL.len() > OPEN_FILES_MAX,
        };
        for release in 0..releases.count() {
            for file in File::ALL {
                if file == File::Deletes && !releases.is_stream() {
                    continue;
                }
                let name = format!(
                    "{}{}{}",
                    releases.folder(release, clock),
                    file.name(),
                    ending(compression)
                );
                let writer = AtomicFile::create(&folder.join(&name))?;
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
        growing.row_count += part.row_count;
        let mut write = || {
            growing.writer.write_all(&part.bytes)?;
            if self.rests {
                growing.writer.rest()?;
            }
            Ok::<_, std::io::Error>(())
        };
        write().with_context(|| format!("failed to write `{}`", growing.name))
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
            .collect()
    }

    /// Puts all files in their places, only now that each of them is complete, and removes those of
    /// an earlier run that are not among them.
    pub(crate) fn commit(self, folder: &Path, earlier: &[String]) -> anyhow::Result<()> {
        let names = self.names();
        for growing in self.files.into_values() {
            growing.writer.commit()?;
        }
        for name in earlier.iter().filter(|name| !names.contains(name)) {
            remove(&folder.join(name))?;
        }
        Ok(())
    }
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
