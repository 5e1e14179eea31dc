//! The line of a raw file, as the proof of a trace. It may hold personal data, so it is shown only
//! to who asks for it.

use std::fs::File as OsFile;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::place::File;

/// A longer line is cut; `stage` takes lines of at most 1 MiB.
const LINE_BYTES_MAX: u64 = 1_048_576;

/// A line, or why there is none.
#[derive(Debug, Serialize)]
pub(super) struct RawLine {
    pub(super) path: String,
    pub(super) line: i64,
    pub(super) text: Option<String>,
    pub(super) reason: Option<String>,
}

impl RawLine {
    pub(super) fn read(folder: &Path, file: &File, line: i64) -> Self {
        let (text, reason) = match read(folder, file, line) {
            Ok(text) => (Some(text), None),
            Err(reason) => (None, Some(reason)),
        };
        Self {
            path: file.path.clone(),
            line,
            text,
            reason,
        }
    }
}

fn read(folder: &Path, file: &File, line: i64) -> Result<String, String> {
    let relative = Path::new(&file.path);
    if relative
        .components()
        .any(|it| !matches!(it, Component::Normal(_)))
    {
        return Err("its path leaves the folder".to_owned());
    }
    let path = folder.join(relative);
    let explain = |error: io::Error| format!("`{}`: {error}", path.display());
    if sha256(&path).map_err(explain)? != file.sha256 {
        return Err(format!("`{}` is another version by now", path.display()));
    }
    let bytes = OsFile::open(&path).map_err(explain)?;
    let ending = path
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    let reader: Box<dyn Read> = match ending {
        "gz" => Box::new(MultiGzDecoder::new(bytes)),
        "zst" | "zip" => return Err(format!("`{}` is packed", path.display())),
        _ => Box::new(bytes),
    };
    nth_line(reader, line).map_err(explain)
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = OsFile::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn nth_line(reader: Box<dyn Read>, line: i64) -> io::Result<String> {
    let mut reader = BufReader::new(reader);
    for _ in 1..line {
        if reader.skip_until(b'\n')? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it has fewer lines",
            ));
        }
    }
    let mut bytes = Vec::new();
    reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // Control characters would speak to the terminal.
    Ok(text
        .trim_end()
        .chars()
        .map(|it| if it.is_control() { '\u{fffd}' } else { it })
        .collect())
}
