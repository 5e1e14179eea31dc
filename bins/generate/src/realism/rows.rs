//! The files of a delivery, row by row, as any reader of CSV would see them.
//!
//! Invariant: one pass, one row in memory. A row that cannot be read is left out and counted.

use std::fs::File as Handle;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate};
use common::Failure;
use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use crate::output::File;

const BUFFER_BYTES: usize = 1 << 18;

/// A CSV file of the shop.
pub(crate) struct Rows {
    path: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    header: ByteRecord,
    pub(crate) unreadable: u64,
}

impl Rows {
    /// # Errors
    /// A usage failure where the folder does not have the file, or the file no header.
    pub(crate) fn open(folder: &Path, file: File) -> anyhow::Result<Self> {
        let (path, bytes) = open(folder, file)?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(bytes);
        let header = reader
            .byte_headers()
            .with_context(|| format!("failed to read `{}`", path.display()))?
            .clone();
        Ok(Self {
            path,
            reader,
            header,
            unreadable: 0,
        })
    }

    /// Where the named columns stand.
    ///
    /// # Errors
    /// A usage failure that names the one that is missing.
    pub(crate) fn columns<const N: usize>(&self, names: [&str; N]) -> anyhow::Result<[usize; N]> {
        let mut positions = [0; N];
        for (position, name) in positions.iter_mut().zip(names) {
            *position = self
                .header
                .iter()
                .position(|it| it == name.as_bytes())
                .ok_or_else(|| {
                    let path = self.path.display();
                    Failure::usage(format!("`{path}` has no column `{name}`"))
                })?;
        }
        Ok(positions)
    }

    /// False at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(&mut self, record: &mut ByteRecord) -> anyhow::Result<bool> {
        self.reader
            .read_byte_record(record)
            .with_context(|| format!("failed to read `{}`", self.path.display()))
    }

    /// Hands over every row; `None` says that it cannot be read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn each(
        &mut self,
        mut take: impl FnMut(&ByteRecord) -> Option<()>,
    ) -> anyhow::Result<()> {
        let mut record = ByteRecord::new();
        while self.read(&mut record)? {
            if take(&record).is_none() {
                self.unreadable += 1;
            }
        }
        Ok(())
    }
}

/// Opens a file as it is or packed, whichever is there.
///
/// # Errors
/// A usage failure where it is not there.
pub(crate) fn open(folder: &Path, file: File) -> anyhow::Result<(PathBuf, Box<dyn Read>)> {
    open_if_there(folder, file)?.ok_or_else(|| {
        let path = folder.join(file.name());
        Failure::usage(format!(
            "there is no file `{}`, plain, .gz or .zst\n  \
             hint: name the folder of one whole delivery, as `generate` writes it without --days",
            path.display()
        ))
        .into()
    })
}

/// The same of a file that may be left out.
///
/// # Errors
/// When it is there and cannot be opened.
pub(crate) fn open_if_there(
    folder: &Path,
    file: File,
) -> anyhow::Result<Option<(PathBuf, Box<dyn Read>)>> {
    for ending in ["", ".gz", ".zst"] {
        let path = folder.join(format!("{}{ending}", file.name()));
        if !path.is_file() {
            continue;
        }
        let handle =
            Handle::open(&path).with_context(|| format!("failed to open `{}`", path.display()))?;
        let bytes: Box<dyn Read> = match ending {
            ".gz" => Box::new(MultiGzDecoder::new(BufReader::new(handle))),
            ".zst" => Box::new(Frames::At(BufReader::new(handle))),
            _ => Box::new(handle),
        };
        return Ok(Some((path, bytes)));
    }
    Ok(None)
}

/// Frames of Zstandard data, one after the other; the decoder itself stops behind the first.
enum Frames {
    At(BufReader<Handle>),
    In(Box<StreamingDecoder<BufReader<Handle>, ruzstd::decoding::FrameDecoder>>),
    Ended,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Ended => return Ok(0),
                Self::At(mut reader) => {
                    if reader.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(reader).map_err(io::Error::other)?;
                    *self = Self::In(Box::new(decoder));
                }
                Self::In(mut decoder) => {
                    let length = decoder.read(buffer)?;
                    if length > 0 || buffer.is_empty() {
                        *self = Self::In(decoder);
                        return Ok(length);
                    }
                    *self = Self::At(decoder.into_inner());
                }
            }
        }
    }
}

/// A whole number.
pub(crate) fn integer(record: &ByteRecord, column: usize) -> Option<i64> {
    text(record, column)?.parse().ok()
}

/// A number with or without decimals.
pub(crate) fn decimal(record: &ByteRecord, column: usize) -> Option<f64> {
    text(record, column)?.parse().ok()
}

/// A day, alone or before a time, as its number.
pub(crate) fn day(record: &ByteRecord, column: usize) -> Option<i32> {
    Some(date_of(text(record, column)?)?.num_days_from_ce())
}

/// A value; empty is `Some("")`.
pub(crate) fn text(record: &ByteRecord, column: usize) -> Option<&str> {
    std::str::from_utf8(record.get(column)?).ok()
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let year = text.get(0..4)?.parse().ok()?;
    NaiveDate::from_ymd_opt(
        year,
        text.get(5..7)?.parse().ok()?,
        text.get(8..10)?.parse().ok()?,
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    const TEXT: &str = "category_id,parent_category_id,category_name\nC1,,One\nC2,C1,Two\n";

    fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
        let mut rows = Rows::open(folder, File::Categories)?;
        let [name] = rows.columns(["category_name"])?;
        let mut names = Vec::new();
        rows.each(|record| {
            names.push(text(record, name)?.to_owned());
            Some(())
        })?;
        Ok(names)
    }

    #[test]
    fn a_file_is_read_plain_and_packed_in_blocks() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = |ending: &str| dir.path().join(format!("categories.csv{ending}"));
        let (head, tail) = TEXT.split_at(50);
        let gzip = |text: &str| -> io::Result<Vec<u8>> {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes())?;
            encoder.finish()
        };
        let zstd = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);

        std::fs::write(path(".zst"), [zstd(head), zstd(tail)].concat())?;
        assert_eq!(names(dir.path())?, ["One", "Two"]);
        std::fs::write(path(".gz"), [gzip(head)?, gzip(tail)?].concat())?;
        assert_eq!(names(dir.path())?, ["One", "Two"]);
        std::fs::write(path(""), TEXT)?;
        assert_eq!(names(dir.path())?, ["One", "Two"]);
        Ok(())
    }

    #[test]
    fn what_is_missing_is_named() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let error = names(dir.path()).expect_err("no file");
        assert!(error.to_string().contains("categories.csv"), "{error}");
        std::fs::write(dir.path().join("categories.csv"), "category_id\nC1\n")?;
        let error = names(dir.path()).expect_err("no column");
        assert!(error.to_string().contains("`category_name`"), "{error}");
        Ok(())
    }

    #[test]
    fn days_are_read_alone_and_before_a_time() {
        let record = ByteRecord::from(vec!["2025-03-02 06:30:00", "2025-03-01", ""]);
        let days = [day(&record, 0), day(&record, 1)];

        assert_eq!(days[0].zip(days[1]).map(|(a, b)| a - b), Some(1));
        assert_eq!(day(&record, 2), None);
    }
}
