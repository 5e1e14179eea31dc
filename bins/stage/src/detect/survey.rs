//! One pass over a file's bytes: how they are packed, how they are text, how their lines end.
//!
//! Memory is bounded by the sample that is kept, whatever the file's size.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::Serialize;

use crate::source::Encoding;

use super::oddities::{Oddities, Oddity};

/// Text from the file's start on which dialect and header are guessed.
const SAMPLE_BYTES_MAX: usize = 128 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes that tell UTF-16 without a mark by its zeros.
const NUL_PATTERN_BYTES: usize = 4 * 1024;

/// How a file's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Packed {
    /// A name that ends in `.gz`.
    Gzip,
    /// A name that ends in `.zst`.
    Zstd,
}

/// How often each kind of line break comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Breaks {
    /// A line feed alone.
    pub lf: u64,
    /// A carriage return and a line feed.
    pub crlf: u64,
    /// A carriage return alone.
    pub cr: u64,
}

/// What the bytes of a file tell.
#[derive(Debug)]
pub(crate) struct Survey {
    /// How it is packed.
    pub packed: Option<Packed>,
    /// Size on disk in bytes.
    pub bytes: u64,
    /// Size in bytes once it is unpacked.
    pub unpacked_bytes: u64,
    /// How its bytes are text.
    pub encoding: Encoding,
    /// It begins with a byte-order mark.
    pub has_mark: bool,
    /// It holds no sign beyond ASCII, so most encodings would do.
    pub is_ascii: bool,
    /// How its lines end, those in quoted fields included.
    pub breaks: Breaks,
    /// Its last line has no line break.
    pub last_line_is_open: bool,
    /// Text from its start; all lines end with LF.
    pub sample: String,
    /// The file goes on behind the sample.
    pub is_cut: bool,
}

impl Packed {
    /// By the end of the name, as the loader does.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl Breaks {
    /// Lines end with a carriage return and nothing else.
    pub(crate) fn are_cr(self) -> bool {
        self.lf + self.crlf == 0 && self.cr > 0
    }
}

/// Reads the whole file once.
///
/// # Errors
/// When it cannot be read or unpacked.
pub(crate) fn survey(path: &Path, oddities: &mut Oddities) -> anyhow::Result<Survey> {
    let explain = || format!("failed to read `{}`", path.display());
    let file = File::open(path).with_context(explain)?;
    let bytes = file.metadata().with_context(explain)?.len();
    let packed = Packed::of(path);
    let mut reader = unpacked(file, packed).with_context(explain)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let count = fill(&mut reader, &mut buffer).with_context(explain)?;
    let (wide, mark_bytes) = wide_encoding(&buffer[..count]);
    let mut look = Look::new(wide);
    look.take(&buffer[mark_bytes..count], oddities);
    let mut unpacked_bytes = count as u64;
    loop {
        let count = fill(&mut reader, &mut buffer).with_context(explain)?;
        if count == 0 {
            break;
        }
        unpacked_bytes += count as u64;
        look.take(&buffer[..count], oddities);
    }
    look.bytes.end();
    let encoding = look.encoding(mark_bytes > 0, oddities);
    let is_cut = look.bytes.is_cut;
    let sample = sample_text(&look.bytes.sample, encoding, look.bytes.breaks, is_cut);
    Ok(Survey {
        packed,
        bytes,
        unpacked_bytes,
        encoding,
        has_mark: mark_bytes > 0,
        is_ascii: wide.is_none() && look.bytes.sequences + look.bytes.broken == 0,
        breaks: look.bytes.breaks,
        last_line_is_open: !matches!(look.bytes.last, b'\n' | b'\r'),
        sample,
        is_cut,
    })
}

fn unpacked(file: File, packed: Option<Packed>) -> anyhow::Result<Box<dyn Read>> {
    let reader = BufReader::with_capacity(BUFFER_BYTES, file);
    Ok(match packed {
        None => Box::new(reader),
        Some(Packed::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        Some(Packed::Zstd) => Box::new(ruzstd::decoding::StreamingDecoder::new(reader)?),
    })
}

/// Fills the buffer unless the file ends, so that UTF-16 is cut between its units only.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// UTF-16 by its mark or by the zeros of plain letters, and the bytes of a mark.
fn wide_encoding(head: &[u8]) -> (Option<Encoding>, usize) {
    if head.starts_with(b"\xef\xbb\xbf") {
        return (None, 3);
    }
    if head.starts_with(b"\xff\xfe") {
        return (Some(Encoding::Utf16Le), 2);
    }
    if head.starts_with(b"\xfe\xff") {
        return (Some(Encoding::Utf16Be), 2);
    }
    let head = &head[..head.len().min(NUL_PATTERN_BYTES)];
    let zeros = |first: usize| {
        head.iter()
            .skip(first)
            .step_by(2)
            .filter(|it| **it == 0)
            .count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    // Even Chinese shops write separators and digits, which have a zero.
    let is_most = |zeros: usize, others: usize| zeros * 4 > pairs && others * 10 < zeros;
    if is_most(odd, even) {
        (Some(Encoding::Utf16Le), 0)
    } else if is_most(even, odd) {
        (Some(Encoding::Utf16Be), 0)
    } else {
        (None, 0)
    }
}

/// What is counted over all bytes of the file.
struct Look {
    wide: Option<(Encoding, Decoder)>,
    text: String,
    bytes: ByteLook,
}

impl Look {
    fn new(wide: Option<Encoding>) -> Self {
        let wide = wide.map(|encoding| {
            let decoder = match encoding {
                Encoding::Utf16Be => UTF_16BE.new_decoder_without_bom_handling(),
                _ => UTF_16LE.new_decoder_without_bom_handling(),
            };
            (encoding, decoder)
        });
        Self {
            wide,
            text: String::new(),
            bytes: ByteLook::default(),
        }
    }

    fn take(&mut self, bytes: &[u8], oddities: &mut Oddities) {
        let Some((_, decoder)) = &mut self.wide else {
            self.bytes.take(bytes, oddities);
            return;
        };
        self.text.clear();
        let needed = decoder.max_utf8_buffer_length(bytes.len());
        self.text.reserve(needed.unwrap_or(bytes.len() * 3));
        let (_, _, has_broken) = decoder.decode_to_string(bytes, &mut self.text, false);
        if has_broken {
            oddities.add(Oddity::BrokenText, self.bytes.line());
        }
        self.bytes.take(self.text.as_bytes(), oddities);
    }

    fn encoding(&self, has_mark: bool, oddities: &mut Oddities) -> Encoding {
        let look = &self.bytes;
        match &self.wide {
            Some(_) if has_mark => Encoding::Utf16,
            Some((encoding, _)) => *encoding,
            None if look.broken == 0 => Encoding::Utf8,
            // Other encodings give whole characters of UTF-8 hardly ever by chance, so the others
            // are damaged.
            None if has_mark || (look.sequences > 0 && look.sequences >= look.broken) => {
                oddities.add(Oddity::BrokenText, look.first_broken_line);
                Encoding::Utf8
            }
            None if look.windows_signs > 0 => Encoding::Windows1252,
            None => Encoding::Latin1,
        }
    }
}

/// What is counted over bytes of which the first half is ASCII.
#[derive(Default)]
struct ByteLook {
    sample: Vec<u8>,
    is_cut: bool,
    breaks: Breaks,
    last: u8,
    /// The line that is being read holds anything.
    is_line_filled: bool,
    /// Start of a character that the next bytes end.
    carried: Vec<u8>,
    /// Bytes that begin no character of UTF-8.
    broken: u64,
    first_broken_line: u64,
    /// Whole characters beyond ASCII.
    sequences: u64,
    /// Bytes that are signs in Windows-1252 and nothing in ISO 8859-1.
    windows_signs: u64,
}

impl ByteLook {
    fn take(&mut self, bytes: &[u8], oddities: &mut Oddities) {
        let room = SAMPLE_BYTES_MAX - self.sample.len();
        self.sample
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.is_cut |= bytes.len() > room;
        self.check_utf8(bytes);
        for &byte in bytes {
            let is_blank = match byte {
                b'\n' => !self.is_line_filled,
                b'\r' => self.last == b'\r',
                _ => false,
            };
            if is_blank {
                oddities.add(Oddity::BlankLine, self.line());
            }
            self.is_line_filled = match byte {
                b'\n' => false,
                b'\r' => self.is_line_filled,
                _ => true,
            };
            match byte {
                b'\n' if self.last == b'\r' => {
                    self.breaks.cr -= 1;
                    self.breaks.crlf += 1;
                }
                b'\n' => self.breaks.lf += 1,
                b'\r' => self.breaks.cr += 1,
                0 => oddities.add(Oddity::NulCharacter, self.line()),
                0x01..=0x08 | 0x0b | 0x0c | 0x0e..=0x1e | 0x7f => {
                    oddities.add(Oddity::ControlCharacter, self.line());
                }
                _ => {}
            }
            self.last = byte;
        }
    }

    /// Counts what is UTF-8 and what is not; a character may be cut at the end of the bytes.
    fn check_utf8(&mut self, bytes: &[u8]) {
        if self.carried.is_empty() && bytes.is_ascii() {
            return;
        }
        let mut joined = std::mem::take(&mut self.carried);
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        loop {
            let error = std::str::from_utf8(rest).err();
            let valid = error.map_or(rest.len(), |it| it.valid_up_to());
            let is_first = |it: &&u8| **it >= 0xc0;
            self.sequences += rest[..valid].iter().filter(is_first).count() as u64;
            let Some(error) = error else {
                return;
            };
            let Some(length) = error.error_len() else {
                self.carried = rest[valid..].to_vec();
                return;
            };
            if self.broken == 0 {
                self.first_broken_line = self.line() + breaks_in(&joined, rest, valid);
            }
            self.count_broken(&rest[valid..valid + length]);
            rest = &rest[valid + length..];
        }
    }

    fn count_broken(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let is_sign = matches!(byte, 0x80 | 0x82..=0x8c | 0x8e | 0x91..=0x9c | 0x9e | 0x9f);
            self.broken += 1;
            self.windows_signs += u64::from(is_sign);
        }
    }

    /// A character whose end never came is broken.
    fn end(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        if self.broken == 0 && !carried.is_empty() {
            self.first_broken_line = self.line();
        }
        self.count_broken(&carried);
    }

    /// The line that is being read.
    fn line(&self) -> u64 {
        let Breaks { lf, crlf, cr } = self.breaks;
        1 + if lf + crlf > 0 { lf + crlf } else { cr }
    }
}

/// Line breaks between the start of `all` and the place `valid` in its tail `rest`.
fn breaks_in(all: &[u8], rest: &[u8], valid: usize) -> u64 {
    let end = all.len() - rest.len() + valid;
    all[..end].iter().filter(|it| **it == b'\n').count() as u64
}

/// The sample as text whose lines end with LF; a half line at its end is left out.
fn sample_text(bytes: &[u8], encoding: Encoding, breaks: Breaks, is_cut: bool) -> String {
    let text = match encoding {
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        Encoding::Latin1 => encoding_rs::mem::decode_latin1(bytes),
        _ => String::from_utf8_lossy(bytes),
    };
    let mut text = text.replace("\r\n", "\n");
    if breaks.are_cr() {
        text = text.replace('\r', "\n");
    }
    if is_cut && let Some(end) = text.rfind('\n') {
        text.truncate(end + 1);
    }
    text
}
