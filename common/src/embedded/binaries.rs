//! Finding `initdb`, `postgres` and `pg_ctl` of one version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::errors::Failure;

/// PostgreSQL 15 or later.
const MAJOR_VERSION_MIN: u32 = 15;
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];
/// Folders with one folder per version in them, and where the programs are below that.
const VERSIONED: [(&str, &str); 3] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/pgsql", "bin"),
    ("/usr/local/pgsql", "bin"),
];

/// A folder that holds all three programs.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major_version: u32,
}

impl Binaries {
    /// The newest set; the set of `major_version` where a cluster of that version exists.
    pub(super) fn find(
        configured: Option<&Path>,
        major_version: Option<u32>,
    ) -> anyhow::Result<Self> {
        let folders = configured.map_or_else(candidates, |it| vec![it.to_owned()]);
        folders
            .iter()
            .filter_map(|folder| inspect(folder))
            .filter(|it| it.major_version >= MAJOR_VERSION_MIN)
            .filter(|it| major_version.is_none_or(|wanted| it.major_version == wanted))
            .max_by_key(|it| it.major_version)
            .with_context(|| missing(major_version))
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn missing(major_version: Option<u32>) -> Failure {
    let version = major_version.map_or_else(
        || format!("{MAJOR_VERSION_MIN} or later"),
        |version| version.to_string(),
    );
    Failure::usage(format!(
        "found no PostgreSQL {version} server on this machine (initdb, postgres and pg_ctl in one \
         folder); install it (Debian: apt-get install postgresql), name its folder as bin_dir in \
         [embedded], or set DATABASE_URL to a server of yours"
    ))
}

fn inspect(folder: &Path) -> Option<Binaries> {
    if !PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
    {
        return None;
    }
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let major_version = parse_major(&text)?;
    Some(Binaries {
        folder: folder.to_owned(),
        major_version,
    })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → 15.
fn parse_major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once(") ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    for (parent, below) in VERSIONED {
        folders.push(Path::new(parent).join(below));
        let Ok(entries) = std::fs::read_dir(parent) else {
            continue;
        };
        folders.extend(
            entries
                .filter_map(Result::ok)
                .map(|entry| entry.path().join(below)),
        );
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn the_major_version_is_read_from_the_usual_texts() {
        assert_eq!(
            parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("something else"), None);
    }
}
