//! Patterns below a source's data folder into the files that are there.
//!
//! In: a folder and patterns. Out: paths, each once. Hidden files and folders, files that are still
//! being written (`.part`) and manifests are no data. `**` stands for folders at any depth and does
//! not follow symbolic links, which may lead in circles.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;
use glob::Pattern;

use crate::manifest;

/// Ending of a file that is still being written.
const PART_ENDING: &str = ".part";
/// Stands for folders at any depth.
const ANY_DEPTH: &str = "**";
/// Most folders inside folders that `**` walks down.
const DEPTH_MAX: usize = 64;
/// Most files of one table; each is held in memory by its name.
const FILES_MAX: usize = 100_000;

/// All files that one of the patterns names, in order of their paths.
///
/// # Errors
/// Exit code 2: a pattern that is none, a name that is no UTF-8, too many files; else a folder that
/// cannot be read.
pub(super) fn matching(folder: &Path, patterns: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let parts: Vec<&str> = pattern
            .split('/')
            .filter(|it| !it.is_empty() && *it != ".")
            .collect();
        let mut walk = Walk {
            folder,
            found: &mut found,
        };
        walk.visit(folder, &parts, 0)
            .with_context(|| format!("failed to look for files `{pattern}`"))?;
    }
    Ok(found.into_iter().collect())
}

/// Whether a file or folder of this name is left alone.
fn is_left_alone(name: &str) -> bool {
    name.starts_with('.') || name.ends_with(PART_ENDING) || manifest::is_manifest(name)
}

struct Walk<'a> {
    folder: &'a Path,
    found: &'a mut BTreeSet<PathBuf>,
}

impl Walk<'_> {
    fn visit(&mut self, dir: &Path, parts: &[&str], depth: usize) -> anyhow::Result<()> {
        let Some((first, rest)) = parts.split_first() else {
            return Ok(());
        };
        if depth > DEPTH_MAX {
            return Err(Failure::usage(format!(
                "`{}` is more than {DEPTH_MAX} folders deep; name its files with a pattern of \
                 their own",
                dir.display()
            ))
            .into());
        }
        if *first == ANY_DEPTH {
            // At the end it stands for the files too.
            let rest = if rest.is_empty() { &["*"][..] } else { rest };
            self.visit(dir, rest, depth)?;
            return self.descend(dir, parts, depth);
        }
        let is_literal = !first.contains(['*', '?', '[']);
        if is_literal {
            return self.take(dir.join(first), rest, depth, true);
        }
        let pattern = Pattern::new(first)
            .map_err(|error| Failure::usage(format!("`{first}` is no pattern: {error}")))?;
        for entry in entries(dir)? {
            let name = entry.file_name();
            if !pattern.matches(&name.to_string_lossy()) {
                continue;
            }
            if name.to_str().is_none() {
                return Err(Failure::usage(format!(
                    "the name of `{}` is not UTF-8; rename the file",
                    entry.path().display()
                ))
                .into());
            }
            self.take(entry.path(), rest, depth, false)?;
        }
        Ok(())
    }

    /// Every folder below, with the same pattern again.
    fn descend(&mut self, dir: &Path, parts: &[&str], depth: usize) -> anyhow::Result<()> {
        for entry in entries(dir)? {
            let kind = entry
                .file_type()
                .with_context(|| format!("failed to read `{}`", entry.path().display()))?;
            if kind.is_dir() && !is_left_alone(&entry.file_name().to_string_lossy()) {
                self.visit(&entry.path(), parts, depth + 1)?;
            }
        }
        Ok(())
    }

    /// What the pattern's part named: a file at its end, else a folder to go on in.
    fn take(
        &mut self,
        path: PathBuf,
        rest: &[&str],
        depth: usize,
        is_literal: bool,
    ) -> anyhow::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_left_alone(&name) {
            return Ok(());
        }
        if !rest.is_empty() {
            return if path.is_dir() {
                self.visit(&path, rest, depth + 1)
            } else {
                Ok(())
            };
        }
        // A folder whose name fits a pattern is no data; one that is named in full is a mistake.
        let is_there = path.symlink_metadata().is_ok();
        if !is_there || (!is_literal && path.is_dir()) {
            return Ok(());
        }
        self.found.insert(path);
        if self.found.len() > FILES_MAX {
            return Err(Failure::usage(format!(
                "`{}` holds more than {FILES_MAX} files of one table; load them in parts",
                self.folder.display()
            ))
            .into());
        }
        Ok(())
    }
}

fn entries(dir: &Path) -> anyhow::Result<Vec<std::fs::DirEntry>> {
    std::fs::read_dir(dir)
        .and_then(Iterator::collect)
        .with_context(|| format!("failed to read folder `{}`", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], pattern: &str) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "id\n").expect("a file");
        }
        let found = matching(dir.path(), &[pattern.to_owned()]).expect("files");
        let inside = found
            .iter()
            .map(|it| it.strip_prefix(dir.path()).expect("inside"));
        inside.map(|it| it.display().to_string()).collect()
    }

    #[test]
    fn two_stars_stand_for_folders_at_any_depth() {
        let names = ["a.csv", "x/a.csv", "x/y/b.csv", "x/y/b.txt"];
        assert_eq!(found(&names, "**/*.csv"), ["a.csv", "x/a.csv", "x/y/b.csv"]);
        assert_eq!(found(&names, "x/**/b.csv"), ["x/y/b.csv"]);
        assert_eq!(found(&names, "x/**"), ["x/a.csv", "x/y/b.csv", "x/y/b.txt"]);
        assert_eq!(found(&names, "*/*.csv"), ["x/a.csv"]);
    }

    #[test]
    fn hidden_files_parts_and_manifests_are_no_data() {
        let names = [
            "a.csv",
            "a.csv.part",
            ".b.csv",
            ".old/c.csv",
            "a.csv.manifest.json",
            "events.json",
        ];
        assert_eq!(found(&names, "**/*"), ["a.csv", "events.json"]);
        assert_eq!(found(&names, ".old/*.csv"), [""; 0]);
        assert_eq!(found(&names, "*.json"), ["events.json"]);
    }

    #[test]
    fn a_folder_that_fits_a_pattern_is_passed_over() {
        assert_eq!(
            found(&["orders_old/a.csv", "orders_1"], "orders*"),
            ["orders_1"]
        );
    }

    #[test]
    fn links_that_lead_in_circles_are_not_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.csv"), "id\n").expect("a file");
        std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).expect("a link");
        let found = matching(dir.path(), &["**/*.csv".to_owned()]).expect("files");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_name_that_is_no_text_is_refused_and_not_mistaken() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tempfile::tempdir().expect("a folder");
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.csv");
        std::fs::write(dir.path().join(name), "id\n").expect("a file");
        assert!(matching(dir.path(), &["*.csv".to_owned()]).is_err());
        assert!(matching(dir.path(), &["*.txt".to_owned()]).is_ok());
    }
}
