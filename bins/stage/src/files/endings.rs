//! How a file ends: its name, and its last line.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::Context as _;
use common::Failure;

use crate::source::{Encoding, LineBreak, Table};

/// Endings of files that are unpacked while they are read.
const PACKED_ENDINGS: [&str; 2] = ["gz", "zst"];
/// Of gzip, zstd and UTF-16 with either mark.
const OTHER_BEGINNINGS: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff"];

/// Whether the file is unpacked while it is read; its name tells.
pub(super) fn is_packed(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|it| PACKED_ENDINGS.iter().any(|ending| it == *ending))
}

/// The byte that ends a line, where the last byte on disk can tell.
pub(super) fn last_byte_of_a_line(path: &Path, table: &Table) -> Option<u8> {
    let is_one_byte = matches!(
        table.encoding,
        Encoding::Utf8 | Encoding::Windows1252 | Encoding::Latin1
    );
    if is_packed(path) || !is_one_byte {
        return None;
    }
    Some(match table.line_break {
        LineBreak::First | LineBreak::Any => b'\n',
        LineBreak::Cr => b'\r',
    })
}

/// Packed data and UTF-16 under a declaration that knows neither: the reader says what they are,
/// which helps more than a word on their last byte.
pub(super) fn begins_otherwise(file: &mut File) -> std::io::Result<bool> {
    let mut first = Vec::new();
    file.rewind()?;
    file.take(4).read_to_end(&mut first)?;
    Ok(OTHER_BEGINNINGS.iter().any(|it| first.starts_with(it)))
}

/// A file that was cut off may look whole to any reader: its last line must end.
pub(super) fn check_last_line(file: &mut File, expected: u8, path: &Path) -> anyhow::Result<()> {
    let mut last = [0_u8];
    file.seek(SeekFrom::End(-1))
        .and_then(|_| file.read_exact(&mut last))
        .with_context(|| format!("failed to read `{}`", path.display()))?;
    if last[0] == expected {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{}` ends without a line break, so it may be cut off; deliver the whole file, or, if the \
         source always writes it so, set last_line_is_open = true for its table",
        path.display()
    ))
    .into())
}
