//! A file's bytes: counted, hashed and unpacked.
//!
//! Invariant: what is counted and hashed are the bytes on disk, all of them; what is unpacked stays
//! below its limits.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};

use anyhow::Context as _;
use common::Failure;
use common::config::hex;
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::Limits;
use super::zstd::Frames;

const PACKED_BUFFER_BYTES: usize = 64 * 1024;
const DRAIN_BUFFER_BYTES: usize = 64 * 1024;
/// A small file of blanks packs very well and harms nobody.
const RATIO_FROM_BYTES: u64 = 16 * 1024 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// First bytes that are looked at before any are taken.
const PEEKED_BYTES: usize = 4;

/// The bytes on disk, hashed as they are read.
pub(super) struct Hashed {
    reader: Box<dyn Read + Send>,
    digest: Sha256,
    bytes_read: u64,
    has_failed: bool,
}

impl Hashed {
    fn new(reader: Box<dyn Read + Send>) -> Self {
        Self {
            reader,
            digest: Sha256::new(),
            bytes_read: 0,
            has_failed: false,
        }
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer).inspect_err(|error| {
            self.has_failed |= error.kind() != io::ErrorKind::Interrupted;
        })?;
        self.digest.update(&buffer[..count]);
        self.bytes_read += count as u64;
        Ok(count)
    }
}

/// A reader whose first bytes can be seen before they are taken.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    inner: R,
}

impl<R: Read> Peeked<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(PEEKED_BYTES);
        inner
            .by_ref()
            .take(PEEKED_BYTES as u64)
            .read_to_end(&mut head)?;
        Ok(Self { head, inner })
    }

    /// Up to four bytes.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Takes the first bytes away.
    pub(super) fn skip(&mut self, count: usize) {
        self.head.drain(..count.min(self.head.len()));
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.head.is_empty() {
            return self.inner.read(buffer);
        }
        let count = self.head.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.head[..count]);
        self.skip(count);
        Ok(count)
    }
}

type Packed = BufReader<Peeked<Hashed>>;

enum Source {
    Plain(Peeked<Hashed>),
    Gzip(MultiGzDecoder<Packed>),
    Zstd(Box<Frames<Packed>>),
}

/// The bytes of a file, unpacked.
pub(super) struct Input {
    source: Source,
    limits: Limits,
    unpacked_bytes: u64,
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Input");
        shown.field("bytes_read", &self.bytes_read());
        shown.field("unpacked_bytes", &self.unpacked_bytes);
        shown.finish_non_exhaustive()
    }
}

impl Input {
    /// Chooses by the file's name how it is unpacked.
    ///
    /// # Errors
    /// When the reader fails; exit code 2 where the first bytes are not those that the name tells.
    pub(super) fn new(
        reader: Box<dyn Read + Send>,
        file_name: &str,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        let peeked = Peeked::new(Hashed::new(reader)).context("failed to read the file")?;
        let name = file_name.to_ascii_lowercase();
        let is_gzip = peeked.head().starts_with(&GZIP_MAGIC);
        let is_zstd = peeked.head().starts_with(&ZSTD_MAGIC) || is_skippable(peeked.head());
        let source = if name.ends_with(".gz") {
            refuse_unless(is_gzip, "gzip", ".gz")?;
            Source::Gzip(MultiGzDecoder::new(packed(peeked)))
        } else if name.ends_with(".zst") {
            refuse_unless(is_zstd, "zstd", ".zst")?;
            Source::Zstd(Box::new(Frames::new(packed(peeked))))
        } else {
            refuse_packed(is_gzip, "gzip", ".gz")?;
            refuse_packed(peeked.head().starts_with(&ZSTD_MAGIC), "zstd", ".zst")?;
            Source::Plain(peeked)
        };
        Ok(Self {
            source,
            limits: limits.clone(),
            unpacked_bytes: 0,
        })
    }

    /// Unpacked bytes; 0 at the end.
    ///
    /// # Errors
    /// When the reader fails; exit code 2: broken packing, a limit.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        loop {
            let outcome = match &mut self.source {
                Source::Plain(reader) => reader.read(buffer),
                Source::Gzip(reader) => reader.read(buffer),
                Source::Zstd(reader) => reader.read(buffer),
            };
            match outcome {
                Ok(count) => {
                    self.unpacked_bytes += count as u64;
                    self.check_limits()?;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
    }

    /// Bytes of the file on disk that were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.hashed().bytes_read
    }

    /// Reads what is left of the file; gives the SHA-256 of all its bytes, in hexadecimal.
    ///
    /// # Errors
    /// When the reader fails.
    pub(super) fn finish(self) -> anyhow::Result<String> {
        let mut hashed = match self.source {
            Source::Plain(reader) => reader.inner,
            Source::Gzip(reader) => reader.into_inner().into_inner().inner,
            Source::Zstd(reader) => reader.into_inner().into_inner().inner,
        };
        let mut drain = BufReader::with_capacity(DRAIN_BUFFER_BYTES, &mut hashed);
        loop {
            let count = drain.fill_buf().context("failed to read the file")?.len();
            if count == 0 {
                break;
            }
            drain.consume(count);
        }
        Ok(hex(&hashed.digest.finalize()))
    }

    fn hashed(&self) -> &Hashed {
        match &self.source {
            Source::Plain(reader) => &reader.inner,
            Source::Gzip(reader) => &reader.get_ref().get_ref().inner,
            Source::Zstd(reader) => &reader.get_ref().get_ref().inner,
        }
    }

    fn check_limits(&self) -> anyhow::Result<()> {
        if matches!(self.source, Source::Plain(_)) {
            return Ok(());
        }
        let (unpacked, limits) = (self.unpacked_bytes, &self.limits);
        if unpacked > limits.unpacked_bytes_max {
            return Err(Failure::usage(format!(
                "it unpacks to more than {} bytes; if it is in order, raise unpacked_bytes_max in \
                 [stage]",
                limits.unpacked_bytes_max
            ))
            .into());
        }
        let allowed = self.bytes_read().saturating_mul(limits.unpacked_ratio_max);
        if unpacked > RATIO_FROM_BYTES && unpacked > allowed {
            return Err(Failure::usage(format!(
                "it unpacks to more than {} times its size, as a file made to fill a disk does; \
                 if it is in order, raise unpacked_ratio_max in [stage]",
                limits.unpacked_ratio_max
            ))
            .into());
        }
        Ok(())
    }

    /// A reader that fails is no broken file.
    fn explain(&self, error: io::Error) -> anyhow::Error {
        let error = anyhow::Error::new(error);
        let kind = match &self.source {
            _ if self.hashed().has_failed => return error.context("failed to read the file"),
            Source::Plain(_) => return error.context("failed to read the file"),
            Source::Gzip(_) => "gzip",
            Source::Zstd(_) => "zstd",
        };
        error.context(Failure::usage(format!(
            "its {kind} data are broken or cut off; deliver the whole file again"
        )))
    }
}

/// A frame that holds no data may stand first.
fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

fn packed(peeked: Peeked<Hashed>) -> Packed {
    BufReader::with_capacity(PACKED_BUFFER_BYTES, peeked)
}

fn refuse_unless(is_it: bool, kind: &str, ending: &str) -> anyhow::Result<()> {
    if is_it {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "its name ends in {ending}, but it does not begin as {kind} data do; name it after what \
         it is, or deliver it again"
    ))
    .into())
}

fn refuse_packed(is_it: bool, kind: &str, ending: &str) -> anyhow::Result<()> {
    if !is_it {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "it begins as {kind} data do; let its name end in {ending}, then it is unpacked while it \
         is read"
    ))
    .into())
}
