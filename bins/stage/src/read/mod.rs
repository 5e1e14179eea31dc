//! A raw file into records.
//!
//! In: a file and its table's declaration. Out: its header, and one record after the other with its
//! number and its line. On the way its bytes are hashed, unpacked and decoded.
//!
//! Invariant: every byte of the file belongs to a record, or to a line that the declaration passes
//! over, and memory is bounded by the longest record allowed.

mod decode;
mod dialect;
mod doubt;
mod header;
mod input;
mod json;
mod limits;
mod record;
mod records;
mod refusals;
#[cfg(test)]
mod tests;
mod window;
mod zstd;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use indexmap::IndexMap;

pub use dialect::check;
pub(crate) use json::{UNKNOWN_KEYS_MAX, check_json};
pub use limits::Limits;
pub use record::{Fault, Found, Record};

use self::decode::Text;
use self::dialect::Dialect;
use self::doubt::Doubt;
use self::header::{Header, Verdict};
use self::input::Input;
use self::json::Picker;
use self::records::{Extent, Place, Splitter, split_plain};
use self::window::{Ending, Span, Window};
use crate::source::{Format, LineBreak, Swallowed, Table};

/// Text in memory to begin with: it fits a core's cache.
const WINDOW_BYTES: usize = 256 * 1024;
/// No limit lifts a record above this, so that a place in it fits into 32 bits.
const RECORD_BYTES_CEILING: usize = 1024 * 1024 * 1024;

/// Reads a file as its table says.
#[derive(Debug)]
pub struct RecordReader {
    window: Window,
    dialect: Dialect,
    swallowed_lines: Swallowed,
    record_bytes_max: usize,
    header: Header,
    picker: Option<Picker>,
    /// How the first record ends.
    ending: Option<Ending>,
    /// The record before ended with a line feed, unlike the first one.
    follows_line_feed: bool,
    doubt: Doubt,
    /// Lines that are still to be passed over.
    preamble_lines: u64,
    next_line: u64,
    next_number: u64,
}

impl RecordReader {
    /// Opens a file; by its name it is unpacked.
    ///
    /// # Errors
    /// When it cannot be read; exit code 2: the declaration, packing or encoding is another.
    pub fn open(path: &Path, table: &Table, limits: &Limits) -> anyhow::Result<Self> {
        let file = File::open(path).context("failed to open the file")?;
        Self::from_reader(file, &path.to_string_lossy(), table, limits)
    }

    /// Reads what a file of this name holds.
    ///
    /// # Errors
    /// As [`RecordReader::open`].
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        file_name: &str,
        table: &Table,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        Self::with_window(Box::new(reader), file_name, table, limits, WINDOW_BYTES)
    }

    fn with_window(
        reader: Box<dyn Read + Send>,
        file_name: &str,
        table: &Table,
        limits: &Limits,
        window_bytes: usize,
    ) -> anyhow::Result<Self> {
        let dialect = Dialect::compile(table)?;
        let record_bytes_max = limits.record_bytes_max.min(RECORD_BYTES_CEILING);
        let input = Input::new(reader, file_name, limits)?;
        let text = Text::new(input, table.encoding)?;
        let window = Window::new(
            text,
            &dialect,
            table.footer_lines,
            record_bytes_max,
            window_bytes,
        );
        let header = Header::new(table);
        let picker = (table.format == Format::Ndjson)
            .then(|| Picker::new(header.names(), &table.ignored_columns));
        Ok(Self {
            window,
            dialect,
            swallowed_lines: table.swallowed_lines,
            record_bytes_max,
            header,
            picker,
            ending: None,
            follows_line_feed: false,
            doubt: Doubt::new(table),
            preamble_lines: table.preamble_lines,
            next_line: 1,
            next_number: 0,
        })
    }

    /// Names of the fields: those of the header lines, else the declared ones. None if the file ends
    /// before its header.
    ///
    /// # Errors
    /// As [`RecordReader::read`]; exit code 2 for a header that is broken.
    pub fn header(&mut self) -> anyhow::Result<Option<Vec<String>>> {
        let is_there = self.read_header()?;
        Ok(is_there.then(|| self.header.names().to_vec()))
    }

    /// Line on which the header begins; 0 if it stands in no line.
    pub fn header_line(&self) -> u64 {
        self.header.line()
    }

    /// The next record; false at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read. Exit code 2 where nothing beyond can be trusted: a quote that
    /// is not closed or swallows lines, a record that is too long, a second table in the file.
    pub fn read(&mut self, record: &mut Record) -> anyhow::Result<bool> {
        if !self.read_header()? {
            return Ok(false);
        }
        loop {
            if !self.next_record(record)? {
                return Ok(false);
            }
            if self.picker.is_some() || self.header.judge(record)? == Verdict::Record {
                break;
            }
        }
        self.next_number += 1;
        record.number = self.next_number;
        Ok(true)
    }

    /// Bytes of the file on disk that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.window.text().input().bytes_read()
    }

    /// Whether the file's last line has no line break; known once `read` has returned false.
    pub fn ends_open(&self) -> bool {
        self.window.ends_open()
    }

    /// Keys of JSON objects that no column names and that are not ignored, each with the first line
    /// that holds it, as far as the file was read; at most one more than [`UNKNOWN_KEYS_MAX`].
    pub fn unknown_keys(&self) -> Option<&IndexMap<String, u64>> {
        self.picker.as_ref().map(Picker::unknown_keys)
    }

    /// Fields of JSON objects that none of the records read so far had, though one of them was
    /// good; always none of csv.
    pub fn keys_never_seen(&self) -> Vec<&str> {
        let missing = self.picker.as_ref().map_or(&[][..], Picker::missing);
        let names = self.header.names();
        missing.iter().map(|it| names[*it].as_str()).collect()
    }

    /// SHA-256 of all bytes of the file on disk, in hexadecimal.
    ///
    /// # Errors
    /// When the rest of the file cannot be read.
    pub fn finish(self) -> anyhow::Result<String> {
        self.window.into_text().into_input().finish()
    }

    /// Reads the header lines, once; false if the file ends before them.
    fn read_header(&mut self) -> anyhow::Result<bool> {
        if self.header.is_read() {
            return Ok(self.header.is_there());
        }
        while self.preamble_lines > 0 && self.pass_over_line()? {
            self.preamble_lines -= 1;
        }
        let mut record = Record::default();
        while self.header.lines_left() > 0 && self.next_record(&mut record)? {
            self.header.add(&record)?;
        }
        self.header.close()?;
        Ok(self.header.is_there())
    }

    /// False at the end of the file.
    fn pass_over_line(&mut self) -> anyhow::Result<bool> {
        let Some(line) = self.line()? else {
            return Ok(false);
        };
        self.window.consume(line.next);
        self.next_line += 1;
        Ok(true)
    }

    /// The physical line that begins here; none at the end of the file.
    fn line(&mut self) -> anyhow::Result<Option<Span>> {
        loop {
            if let Some(line) = self.window.line() {
                self.check_length(line.content)?;
                return Ok((line.next > 0).then_some(line));
            }
            self.window.fill(self.next_line)?;
        }
    }

    /// The next record, header or not, that is neither blank nor a comment.
    fn next_record(&mut self, record: &mut Record) -> anyhow::Result<bool> {
        let line = loop {
            let Some(line) = self.line()? else {
                return Ok(false);
            };
            if !self.is_passed_over(line) {
                break line;
            }
            self.window.consume(line.next);
            self.next_line += 1;
        };
        record.clear();
        record.line = self.next_line;
        if self.picker.is_some() {
            self.read_json(record, line);
        } else if self.window.is_plain(line.content) {
            self.read_plain(record, line);
        } else {
            self.read_quoted(record, line)?;
        }
        Ok(true)
    }

    fn is_passed_over(&self, line: Span) -> bool {
        let content = &self.window.data()[..line.content];
        let is_comment = match &self.dialect.comment {
            Some(comment) => content.starts_with(comment),
            None => false,
        };
        let is_blank = content.is_empty()
            || (self.picker.is_some() && content.iter().all(u8::is_ascii_whitespace));
        is_blank || is_comment
    }

    fn read_json(&mut self, record: &mut Record, line: Span) {
        let content = &self.window.data()[..line.content];
        if let Some(picker) = &mut self.picker {
            picker.pick(content, record);
        }
        self.window.consume(line.next);
        self.next_line += 1;
    }

    /// A record without quotes is a line.
    fn read_plain(&mut self, record: &mut Record, line: Span) {
        let content = &self.window.data()[..line.content];
        split_plain(content, &self.dialect.delimiter, &mut record.fields);
        record.keep(content, Fault::NotUtf8, Some(self.dialect.line_byte()));
        self.check_ending(record, line.ending, self.next_line);
        self.window.consume(line.next);
        self.next_line += 1;
    }

    /// A record with quotes, escapes or stray line breaks.
    fn read_quoted(&mut self, record: &mut Record, line: Span) -> anyhow::Result<()> {
        let line_byte = self.dialect.line_byte();
        loop {
            let data = self.window.data();
            let is_line = !self.dialect.quoted_line_breaks;
            let mut splitter = Splitter {
                data: if is_line { &data[..line.content] } else { data },
                is_over: is_line || self.window.is_over(),
                dialect: &self.dialect,
                fields: &mut record.fields,
                unescaped: &mut record.unescaped,
                first_line_end: line.content,
                fault: None,
                multi_line: None,
            };
            let extent = splitter.split();
            let (mut fault, multi_line) = (splitter.fault, splitter.multi_line);
            let span = match extent {
                Extent::Whole(_) if is_line => line,
                Extent::Whole(span) => span,
                Extent::More => {
                    record.clear();
                    self.window.fill(self.next_line)?;
                    continue;
                }
                Extent::Unclosed(place) if is_line => {
                    splitter.push_rest(place);
                    fault.get_or_insert((Fault::UnclosedQuote, place));
                    line
                }
                Extent::Unclosed(place) => {
                    self.check_length(data.len())?;
                    let opened = self.next_line + count(&data[..place.at], line_byte);
                    return Err(refusals::unclosed(opened, place.field));
                }
            };
            return self.take(record, span, fault, multi_line);
        }
    }

    /// Takes a split record out of the window.
    fn take(
        &mut self,
        record: &mut Record,
        span: Span,
        fault: Option<(Fault, Place)>,
        multi_line: Option<Place>,
    ) -> anyhow::Result<()> {
        self.check_length(span.content)?;
        let line_byte = self.dialect.line_byte();
        let content = &self.window.data()[..span.content];
        let line_of = |at: usize| self.next_line + count(&content[..at], line_byte);
        let last_line = line_of(content.len());
        if let Some((fault, place)) = fault {
            record.note(fault, place.field, line_of(place.at));
        }
        if let Some(place) = multi_line {
            let opened = line_of(place.at);
            let is_ragged = self.header.is_ragged(record.len());
            if is_ragged || fault.is_some_and(|(it, _)| it.breaks_quotes()) {
                if self.swallowed_lines == Swallowed::Refuse || !self.header.is_read() {
                    return Err(refusals::swallowed(opened, place.field, last_line));
                }
                record.fault = None;
                record.note(Fault::SwallowedLines, place.field, opened);
            }
        }
        let quotes = self.dialect.quote.map_or(0, |it| count(content, it));
        record.keep(content, Fault::NotUtf8, Some(line_byte));
        self.doubt.look(record, quotes)?;
        self.check_ending(record, span.ending, last_line);
        self.window.consume(span.next);
        self.next_line = last_line + u64::from(span.next > span.content);
        Ok(())
    }

    fn check_ending(&mut self, record: &mut Record, ending: Ending, line: u64) {
        if ending == Ending::File || self.dialect.line_break != LineBreak::First {
            return;
        }
        let usual = *self.ending.get_or_insert(ending);
        let is_other = ending != usual;
        // Among CRLF lines a line feed alone may stand in a value: what follows is then not a
        // record, but the rest of one.
        if is_other || self.follows_line_feed {
            let field = record.len().saturating_sub(1);
            record.note(Fault::MixedLineBreaks, field, line);
        }
        self.follows_line_feed = is_other && usual == Ending::CrLf;
    }

    fn check_length(&self, bytes: usize) -> anyhow::Result<()> {
        if bytes <= self.record_bytes_max {
            return Ok(());
        }
        Err(refusals::too_long(self.next_line, self.record_bytes_max))
    }
}

fn count(bytes: &[u8], byte: u8) -> u64 {
    memchr::memchr_iter(byte, bytes).count() as u64
}
