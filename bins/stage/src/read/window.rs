//! The part of a file's text that is in memory.
//!
//! Invariant: it begins with a whole record and holds no line of the footer; it grows with the
//! longest record and no further.

use super::decode::{OUTPUT_BYTES_MIN, Text};
use super::dialect::Dialect;
use super::refusals::{long_footer, too_long};

/// How a physical line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Lf,
    CrLf,
    Cr,
    /// With the file.
    File,
}

/// Where a line or a record ends, from the beginning of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// End of its bytes.
    pub content: usize,
    /// Beginning of the next one.
    pub next: usize,
    pub ending: Ending,
}

/// A byte that is looked for, and where it stands next: a file without it is searched once.
#[derive(Debug)]
struct Mark {
    byte: Option<u8>,
    at: usize,
}

/// Text in memory.
#[derive(Debug)]
pub(super) struct Window {
    text: Text,
    buffer: Vec<u8>,
    /// First byte that was not consumed.
    start: usize,
    /// End of the text.
    filled: usize,
    /// End of what may be records: the footer comes after it.
    usable: usize,
    is_over: bool,
    ends_open: bool,
    line_byte: u8,
    footer_lines: usize,
    record_bytes_max: usize,
    /// Quote, or the escape of a file without quotes.
    special: Mark,
    /// Byte of a line break that stands alone.
    stray: Mark,
}

impl Window {
    /// `capacity` bytes to begin with.
    pub(super) fn new(
        text: Text,
        dialect: &Dialect,
        footer_lines: usize,
        record_bytes_max: usize,
        capacity: usize,
    ) -> Self {
        let mark = |byte| Mark { byte, at: 0 };
        Self {
            text,
            buffer: vec![0; capacity.max(2 * OUTPUT_BYTES_MIN)],
            start: 0,
            filled: 0,
            usable: 0,
            is_over: false,
            ends_open: false,
            line_byte: dialect.line_byte(),
            footer_lines,
            record_bytes_max,
            special: mark(dialect.quote.or(dialect.escape)),
            stray: mark(Some(dialect.stray_byte())),
        }
    }

    /// What was not consumed.
    pub(super) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.usable]
    }

    /// Whether nothing comes after `data`.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the file's last line has no line break.
    pub(super) fn ends_open(&self) -> bool {
        self.is_over && self.ends_open
    }

    pub(super) fn text(&self) -> &Text {
        &self.text
    }

    pub(super) fn into_text(self) -> Text {
        self.text
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// The physical line that begins here; none if its end is not in memory.
    pub(super) fn line(&self) -> Option<Span> {
        let data = self.data();
        match memchr::memchr(self.line_byte, data) {
            Some(at) => Some(line_span(data, at, self.line_byte)),
            None => self.is_over.then_some(Span {
                content: data.len(),
                next: data.len(),
                ending: Ending::File,
            }),
        }
    }

    /// Whether the next `count` bytes hold neither quote nor stray line break.
    pub(super) fn is_plain(&mut self, count: usize) -> bool {
        let (start, end) = (self.start, self.start + count);
        let text = &self.buffer[..self.filled];
        !self.special.is_before(text, start, end) && !self.stray.is_before(text, start, end)
    }

    /// Gets more text behind `data`; the record in it begins on `line`.
    ///
    /// # Errors
    /// As [`Text::read`]; exit code 2 for a record or footer that is too long.
    pub(super) fn fill(&mut self, line: u64) -> anyhow::Result<()> {
        // A line break may follow the longest record.
        if self.data().len() > self.record_bytes_max + 2 {
            return Err(too_long(line, self.record_bytes_max));
        }
        let held = self.filled - self.start;
        if held > (self.footer_lines + 1) * (self.record_bytes_max + 2) {
            return Err(long_footer(self.footer_lines, self.record_bytes_max));
        }
        self.buffer.copy_within(self.start..self.filled, 0);
        (self.start, self.filled) = (0, held);
        if held > self.buffer.len() / 2 {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        // All of it, so that a long record is searched a few times and not once a piece.
        while self.buffer.len() - self.filled >= OUTPUT_BYTES_MIN {
            let count = self.text.read(&mut self.buffer[self.filled..])?;
            if count == 0 {
                self.is_over = true;
                break;
            }
            self.filled += count;
            self.ends_open = self.buffer[self.filled - 1] != self.line_byte;
        }
        self.usable = self.without_footer();
        let text = &self.buffer[..self.filled];
        self.special.find(text, 0);
        self.stray.find(text, 0);
        Ok(())
    }

    /// Where the last lines begin that are not blank.
    fn without_footer(&self) -> usize {
        let mut end = self.filled;
        let mut lines = 0;
        while lines < self.footer_lines && end > 0 {
            let line = &self.buffer[..end];
            let body = line.strip_suffix(&[self.line_byte]).unwrap_or(line);
            let start = memchr::memrchr(self.line_byte, body).map_or(0, |it| it + 1);
            if !matches!(&body[start..], [] | [b'\r']) {
                lines += 1;
            }
            end = start;
        }
        end
    }
}

impl Mark {
    fn find(&mut self, text: &[u8], from: usize) {
        let found = self
            .byte
            .and_then(|byte| memchr::memchr(byte, &text[from..]));
        self.at = found.map_or(usize::MAX, |it| from + it);
    }

    fn is_before(&mut self, text: &[u8], start: usize, end: usize) -> bool {
        if self.at < start {
            self.find(text, start);
        }
        self.at < end
    }
}

/// The line whose break stands at `at`.
pub(super) fn line_span(data: &[u8], at: usize, line_byte: u8) -> Span {
    let next = at + 1;
    if line_byte == b'\r' {
        let ending = Ending::Cr;
        return Span {
            content: at,
            next,
            ending,
        };
    }
    match data[..at].last() {
        Some(b'\r') => Span {
            content: at - 1,
            next,
            ending: Ending::CrLf,
        },
        _ => Span {
            content: at,
            next,
            ending: Ending::Lf,
        },
    }
}
