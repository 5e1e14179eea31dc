//! `<file>.manifest.json`: what a sender says of a file, checked before a row of it counts.
//!
//! ```json
//! {"bytes": 1048576, "sha256": "9f86…0a08", "rows": 10000}
//! ```

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::Failure;
use serde::Deserialize;

/// Ending of a manifest's name, after the whole name of its file.
const ENDING: &str = ".manifest.json";
/// Longest manifest; three numbers need far less.
const BYTES_MAX: u64 = 64 * 1024;
/// Hexadecimal digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// A manifest whose size and SHA-256 agreed with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileManifest {
    /// Where it is.
    path: PathBuf,
    said: Said,
}

/// All three are needed to vouch for a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Size of the file as it is delivered, packed or not.
    bytes: u64,
    /// SHA-256 of these bytes, hexadecimal.
    sha256: String,
    /// Records beside headers, comments and footers.
    rows: u64,
}

/// Whether a file of this name is a manifest.
pub(crate) fn is_manifest(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// Where a file's manifest is, if there is one.
pub(crate) fn path_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ENDING);
    PathBuf::from(name)
}

impl FileManifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    /// Exit code 2: it is no manifest.
    pub(crate) fn read(path: PathBuf) -> anyhow::Result<Self> {
        let explain = || format!("failed to read `{}`", path.display());
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut text))
            .with_context(explain)?;
        if text.len() as u64 > BYTES_MAX {
            return Err(refused(&path, &format!("has more than {BYTES_MAX} bytes")));
        }
        let said = parse(&text).map_err(|reason| refused(&path, &reason))?;
        Ok(Self { path, said })
    }

    /// Compares with the file as it was found.
    ///
    /// # Errors
    /// Exit code 2: the file is not the one that was sent.
    pub(crate) fn check_content(&self, bytes: u64, sha256: &str) -> anyhow::Result<()> {
        let said = &self.said;
        if said.bytes != bytes {
            return Err(self.differs("bytes", &said.bytes.to_string(), &bytes.to_string()));
        }
        if !said.sha256.eq_ignore_ascii_case(sha256) {
            return Err(self.differs("SHA-256", &said.sha256, sha256));
        }
        Ok(())
    }

    /// Compares with the number of records, rejected ones included.
    ///
    /// # Errors
    /// Exit code 2: the file does not hold what was sent.
    pub(crate) fn check_rows(&self, read: u64) -> anyhow::Result<()> {
        if self.said.rows == read {
            return Ok(());
        }
        Err(self.differs("rows", &self.said.rows.to_string(), &read.to_string()))
    }

    fn differs(&self, what: &str, said: &str, found: &str) -> anyhow::Error {
        Failure::usage(format!(
            "`{}` names {said} as {what} of its file, but {found} was found; deliver file and \
             manifest again",
            self.path.display()
        ))
        .into()
    }
}

fn refused(path: &Path, reason: &str) -> anyhow::Error {
    Failure::usage(format!(
        "`{}` {reason}; write {{\"bytes\": …, \"sha256\": \"…\", \"rows\": …}} into it",
        path.display()
    ))
    .into()
}

fn parse(text: &[u8]) -> Result<Said, String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let said: Said =
        serde_json::from_slice(text).map_err(|error| format!("is no manifest: {error}"))?;
    let is_sha256 =
        said.sha256.len() == SHA256_DIGITS && said.sha256.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_sha256 {
        return Err(format!(
            "is no manifest: its sha256 is not {SHA256_DIGITS} hexadecimal digits"
        ));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256() -> String {
        "0F".repeat(32)
    }

    fn manifest(text: &str) -> Result<FileManifest, String> {
        let said = parse(text.as_bytes())?;
        let path = PathBuf::from("a.csv.manifest.json");
        Ok(FileManifest { path, said })
    }

    #[test]
    fn a_manifest_names_bytes_digest_and_rows() {
        let text = format!(
            "{{\"bytes\": 9, \"sha256\": \"{}\", \"rows\": 2}}",
            sha256()
        );
        let manifest = manifest(&text).expect("a manifest");
        let digest = sha256().to_lowercase();
        assert!(manifest.check_content(9, &digest).is_ok());
        assert!(manifest.check_rows(2).is_ok());
        let errors = [
            manifest.check_content(8, &digest),
            manifest.check_content(9, &"00".repeat(32)),
            manifest.check_rows(3),
        ];
        for (error, part) in errors.into_iter().zip([
            "`a.csv.manifest.json` names 9 as bytes of its file, but 8 was found",
            "SHA-256",
            "names 2 as rows of its file, but 3",
        ]) {
            let text = error.expect_err("a difference").to_string();
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_manifest_that_does_not_vouch_is_refused() {
        let digest = sha256();
        for text in [
            "",
            "{}",
            "{\"bytes\": 9}",
            &format!("{{\"bytes\": 9, \"sha256\": \"{digest}\"}}"),
            &format!("{{\"bytes\": -9, \"sha256\": \"{digest}\", \"rows\": 2}}"),
            &format!("{{\"bytes\": 9, \"sha256\": \"{digest}\", \"rows\": 2, \"more\": 1}}"),
            &format!("{{\"bytes\": 9, \"bytes\": 9, \"sha256\": \"{digest}\", \"rows\": 2}}"),
            "{\"bytes\": 9, \"sha256\": \"abc\", \"rows\": 2}",
        ] {
            assert!(manifest(text).is_err(), "{text}");
        }
        let marked = format!("\u{feff}{{\"bytes\": 9, \"sha256\": \"{digest}\", \"rows\": 2}}");
        assert!(manifest(&marked).is_ok());
    }

    #[test]
    fn a_manifest_lies_beside_its_file() {
        let path = path_of(Path::new("raw/a.csv.gz"));
        assert_eq!(path, Path::new("raw/a.csv.gz.manifest.json"));
        assert!(is_manifest("a.csv.gz.manifest.json") && !is_manifest("manifest.json"));
    }
}
