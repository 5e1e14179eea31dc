//! Files that are there whole or not at all: a temporary name, fsync, rename, fsync of the folder.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

const BUFFER_BYTES: usize = 64 * 1024;

/// A file under a temporary name; [`AtomicFile::commit`] gives it its real one.
///
/// Dropped without a commit, it is removed and the previous version stays.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    temporary: PathBuf,
    writer: Option<BufWriter<File>>,
    is_committed: bool,
}

impl AtomicFile {
    /// Creates the temporary file and the folders above it.
    ///
    /// # Errors
    /// When the folder or the file cannot be made; names the path.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let folder = folder_of(path);
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create folder `{}`", folder.display()))?;
        let name = path
            .file_name()
            .context("a path without a file name")?
            .to_string_lossy();
        // Hidden, so that readers of the folder pass it over; one per process.
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        remove_leftovers(folder, |leftover| leftover == name);
        let file = File::create(&temporary)
            .with_context(|| format!("failed to create `{}`", temporary.display()))?;
        let writer = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        Ok(Self {
            path: path.to_owned(),
            temporary,
            writer,
            is_committed: false,
        })
    }

    /// Closes the file until it is written to again, so that many files can grow side by side.
    ///
    /// # Errors
    /// When what was written so far does not reach the disk.
    pub fn rest(&mut self) -> io::Result<()> {
        self.writer
            .take()
            .map_or(Ok(()), |mut writer| writer.flush())
    }

    /// Opens the file again where it rested.
    fn awake(&mut self) -> io::Result<&mut BufWriter<File>> {
        if self.is_committed {
            return Err(io::Error::other("written to after its commit"));
        }
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => {
                let file = File::options().append(true).open(&self.temporary)?;
                BufWriter::with_capacity(BUFFER_BYTES, file)
            }
        };
        Ok(self.writer.insert(writer))
    }

    /// Replaces what was written so far with what `change` makes of it.
    ///
    /// # Errors
    /// When the disk is full or refuses, or `change` fails.
    pub fn rewrite(
        &mut self,
        change: impl FnOnce(BufReader<File>, &mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.awake()?.flush()?;
        self.writer = None;
        let before = BufReader::with_capacity(BUFFER_BYTES, File::open(&self.temporary)?);
        // The open file stays readable without its name.
        fs::remove_file(&self.temporary)?;
        let after = File::create(&self.temporary)?;
        let after = BufWriter::with_capacity(BUFFER_BYTES, after);
        change(before, self.writer.insert(after))
    }

    /// Flushes, syncs and renames; afterwards a power cut cannot tear the file.
    ///
    /// # Errors
    /// When the disk is full or refuses; the previous version stays.
    pub fn commit(mut self) -> anyhow::Result<()> {
        let path = self.path.clone();
        self.try_commit()
            .with_context(|| format!("failed to write `{}`", path.display()))
    }

    fn try_commit(&mut self) -> io::Result<()> {
        let writer = self.awake()?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.is_committed = true;
        File::open(folder_of(&self.path))?.sync_all()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.awake()?.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.is_committed {
            // Nothing can be done about a temporary file that will not go.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// As [`AtomicFile::create`] and [`AtomicFile::commit`].
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)
        .with_context(|| format!("failed to write `{}`", path.display()))?;
    file.commit()
}

/// Removes temporary files of a process that was killed, so that they do not fill the disk: those
/// that were going to have one of our names.
pub fn remove_leftovers(folder: &Path, is_ours: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let process = file_name
            .strip_prefix('.')
            .and_then(|rest| rest.strip_suffix(".tmp")?.rsplit_once('.'))
            .filter(|(name, process)| is_ours(name) && process.parse::<u32>().is_ok());
        let Some((_, process)) = process else {
            continue;
        };
        if !Path::new("/proc").join(process).exists() {
            // A file that will not go is met again by the next write.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let leftover = dir.path().join(".report.json.4194305.tmp");
        fs::write(&leftover, b"half")?;
        write(&dir.path().join("report.json"), b"new")?;
        assert!(!leftover.exists());
        Ok(())
    }

    #[test]
    fn what_was_written_can_be_written_again_otherwise() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("report.json");
        let mut file = AtomicFile::create(&path)?;
        file.write_all(b"new and long")?;
        file.rewrite(|before, after| io::copy(&mut before.take(3), after).map(|_| ()))?;
        file.write_all(b"!")?;
        file.commit()?;
        assert_eq!(fs::read(&path)?, b"new!");
        Ok(())
    }

    #[test]
    fn a_dropped_file_leaves_the_previous_version() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("report.json");
        write(&path, b"old")?;
        let mut file = AtomicFile::create(&path)?;
        file.write_all(b"half")?;
        drop(file);
        assert_eq!(fs::read(&path)?, b"old");
        assert_eq!(fs::read_dir(dir.path())?.count(), 1);
        Ok(())
    }
}
