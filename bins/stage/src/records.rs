//! RFC 4180 records out of a stream, with our own count of lines.
//!
//! In: any reader. Out: the bytes of one record at a time, its fields, its number and its first
//! line. The usual reader accepts text after a closing quote, lets an unclosed quote swallow the
//! rest of a file and counts lines one too low in CRLF files; here each of these is told.
//!
//! Invariant: every byte of the input belongs to exactly one record, and memory is bounded by the
//! longest record allowed.

use std::io::{self, BufRead};
use std::ops::Range;

use common::Failure;

/// Bytes that a UTF-8 file may begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One record; its buffers are used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// All bytes, without the line break at the end.
    pub raw: Vec<u8>,
    /// Number in the file, the header's is 0.
    pub number: u64,
    /// Line on which it begins, from 1.
    pub line: u64,
    /// What is wrong with its quotes, if anything.
    pub fault: Option<Fault>,
    fields: Vec<Field>,
}

/// Where a field is in `raw`.
#[derive(Debug, Clone)]
struct Field {
    range: Range<usize>,
    has_doubled_quotes: bool,
}

/// What is wrong with a record's structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A quote inside a field that does not begin with one.
    QuoteInsideField,
    /// Text between a closing quote and the next separator.
    TextAfterQuote,
    /// A carriage return that ends no line.
    BareCarriageReturn,
}

impl Fault {
    /// Name of the rule that the record breaks.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::QuoteInsideField => "csv.quote_inside_field",
            Self::TextAfterQuote => "csv.text_after_quote",
            Self::BareCarriageReturn => "csv.bare_carriage_return",
        }
    }
}

impl Record {
    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The bytes of a field, unquoted; doubled quotes are put together in `buffer`.
    pub(crate) fn field<'a>(&'a self, index: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        let Field {
            range,
            has_doubled_quotes,
        } = &self.fields[index];
        let bytes = &self.raw[range.clone()];
        if !has_doubled_quotes {
            return bytes;
        }
        buffer.clear();
        let mut previous_is_quote = false;
        for &byte in bytes {
            previous_is_quote = byte == b'"' && !previous_is_quote;
            if !previous_is_quote {
                buffer.push(byte);
            }
        }
        buffer
    }

    /// Splits `raw` into its fields.
    fn split(&mut self, delimiter: u8) {
        self.fields.clear();
        let mut start = 0;
        loop {
            let end = self.split_field(start, delimiter);
            if end >= self.raw.len() {
                break;
            }
            start = end + 1;
            // A delimiter at the end is followed by an empty field.
            if start == self.raw.len() {
                self.fields.push(Field {
                    range: start..start,
                    has_doubled_quotes: false,
                });
                break;
            }
        }
    }

    /// Adds the field that begins at `start`; returns where its separator stands.
    fn split_field(&mut self, start: usize, delimiter: u8) -> usize {
        let raw = &self.raw;
        if raw.get(start) != Some(&b'"') {
            let end = raw[start..].iter().position(|it| *it == delimiter);
            let end = end.map_or(raw.len(), |it| start + it);
            let field = &raw[start..end];
            if field.contains(&b'"') {
                self.fault.get_or_insert(Fault::QuoteInsideField);
            } else if field.contains(&b'\r') || field.contains(&b'\n') {
                self.fault.get_or_insert(Fault::BareCarriageReturn);
            }
            self.fields.push(Field {
                range: start..end,
                has_doubled_quotes: false,
            });
            return end;
        }
        let mut has_doubled_quotes = false;
        let mut position = start + 1;
        while position < raw.len() {
            if raw[position] != b'"' {
                position += 1;
            } else if raw.get(position + 1) == Some(&b'"') {
                has_doubled_quotes = true;
                position += 2;
            } else {
                break;
            }
        }
        self.fields.push(Field {
            range: start + 1..position.min(raw.len()),
            has_doubled_quotes,
        });
        let after = position + 1;
        if after >= raw.len() || raw[after] == delimiter {
            return after;
        }
        self.fault.get_or_insert(Fault::TextAfterQuote);
        let end = raw[after..].iter().position(|it| *it == delimiter);
        end.map_or(raw.len(), |it| after + it)
    }
}

/// Reads records one after the other.
#[derive(Debug)]
pub(crate) struct Records<R> {
    reader: R,
    delimiter: u8,
    record_bytes_max: usize,
    next_number: u64,
    next_line: u64,
    bytes_read: u64,
}

impl<R: BufRead> Records<R> {
    /// Passes over a byte-order mark.
    ///
    /// # Errors
    /// When the reader fails.
    pub(crate) fn new(mut reader: R, delimiter: u8, record_bytes_max: usize) -> io::Result<Self> {
        let has_mark = reader.fill_buf()?.starts_with(BYTE_ORDER_MARK);
        if has_mark {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        let bytes_read = if has_mark {
            BYTE_ORDER_MARK.len() as u64
        } else {
            0
        };
        let (next_number, next_line) = (0, 1);
        Ok(Self {
            reader,
            delimiter,
            record_bytes_max,
            next_number,
            next_line,
            bytes_read,
        })
    }

    /// Bytes of the file that were read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The next record that is not an empty line; false at the end of the file.
    ///
    /// # Errors
    /// When the reader fails, a quote is not closed at the end, or a record is too long (exit
    /// code 2): beyond such a place nothing can be trusted.
    pub(crate) fn read(&mut self, record: &mut Record) -> anyhow::Result<bool> {
        loop {
            record.raw.clear();
            record.fault = None;
            record.line = self.next_line;
            if !self.read_raw(record)? {
                return Ok(false);
            }
            if !record.raw.is_empty() {
                break;
            }
        }
        record.number = self.next_number;
        self.next_number += 1;
        record.split(self.delimiter);
        Ok(true)
    }

    /// Appends physical lines until every quote that opened has closed.
    fn read_raw(&mut self, record: &mut Record) -> anyhow::Result<bool> {
        let mut quotes = QuoteState::FieldStart;
        loop {
            let start = record.raw.len();
            let count = self.read_line(record)?;
            if count == 0 {
                if start == 0 {
                    return Ok(false);
                }
                return Err(unclosed(record.line).into());
            }
            self.bytes_read += count as u64;
            self.next_line += 1;
            quotes = quotes.after(&record.raw[start..], self.delimiter);
            if quotes != QuoteState::Quoted {
                trim_line_break(&mut record.raw);
                return Ok(true);
            }
        }
    }

    /// Like `read_until`, but never beyond the limit.
    fn read_line(&mut self, record: &mut Record) -> anyhow::Result<usize> {
        let mut count = 0;
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(count);
            }
            let end = available
                .iter()
                .position(|it| *it == b'\n')
                .map(|it| it + 1);
            let taken = end.unwrap_or(available.len());
            record.raw.extend_from_slice(&available[..taken]);
            self.reader.consume(taken);
            count += taken;
            if record.raw.len() > self.record_bytes_max {
                return Err(too_long(record.line, self.record_bytes_max).into());
            }
            if end.is_some() {
                return Ok(count);
            }
        }
    }
}

/// Where the scan of a record's quotes stands at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuoteState {
    FieldStart,
    Unquoted,
    Quoted,
    QuoteInQuoted,
}

impl QuoteState {
    fn after(self, line: &[u8], delimiter: u8) -> Self {
        line.iter().fold(self, |state, &byte| match (state, byte) {
            (Self::Quoted, b'"') => Self::QuoteInQuoted,
            (Self::FieldStart | Self::QuoteInQuoted, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, byte) if byte == delimiter => Self::FieldStart,
            (_, _) => Self::Unquoted,
        })
    }
}

fn trim_line_break(raw: &mut Vec<u8>) {
    if raw.last() == Some(&b'\n') {
        raw.pop();
        if raw.last() == Some(&b'\r') {
            raw.pop();
        }
    }
}

fn unclosed(line: u64) -> Failure {
    Failure::usage(format!(
        "a quote in the record that begins on line {line} is not closed before the file ends; \
         mend the file, then run again"
    ))
}

fn too_long(line: u64, limit: usize) -> Failure {
    Failure::usage(format!(
        "the record that begins on line {line} is longer than {limit} bytes; a quote may not be \
         closed; mend the file, or raise record_bytes_max in [stage]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parsed = (u64, u64, Vec<String>, Option<Fault>);

    fn parse(text: &str) -> anyhow::Result<Vec<Parsed>> {
        let mut records = Records::new(text.as_bytes(), b',', 1_024)?;
        let (mut record, mut buffer) = (Record::default(), Vec::new());
        let mut found = Vec::new();
        while records.read(&mut record)? {
            let fields = (0..record.len())
                .map(|it| String::from_utf8_lossy(record.field(it, &mut buffer)).into_owned())
                .collect();
            found.push((record.number, record.line, fields, record.fault));
        }
        Ok(found)
    }

    fn fields(text: &str) -> Vec<Vec<String>> {
        parse(text)
            .expect("records")
            .into_iter()
            .map(|it| it.2)
            .collect()
    }

    #[test]
    fn plain_quoted_and_empty_fields() {
        assert_eq!(
            fields("a,b\n\"x,\"\"y\"\"\",\n,\n"),
            [["a", "b"], ["x,\"y\"", ""], ["", ""]]
        );
        assert_eq!(fields("\u{feff}a\r\n\"\"\r\n"), [["a"], [""]]);
    }

    #[test]
    fn a_quoted_line_break_counts_lines_and_one_record() -> anyhow::Result<()> {
        for line_break in ["\n", "\r\n"] {
            let text = "a,b\n1,\"x\ny\"\n2,z\n".replace('\n', line_break);
            let found = parse(&text)?;
            let places: Vec<_> = found.iter().map(|it| (it.0, it.1)).collect();
            assert_eq!(places, [(0, 1), (1, 2), (2, 4)]);
        }
        Ok(())
    }

    #[test]
    fn broken_quotes_are_told() -> anyhow::Result<()> {
        let faults: Vec<_> = parse("a\"b,c\n\"a\"b,c\na\rb\n\"fine\"\n")?
            .into_iter()
            .map(|it| it.3)
            .collect();
        let expected = [
            Some(Fault::QuoteInsideField),
            Some(Fault::TextAfterQuote),
            Some(Fault::BareCarriageReturn),
            None,
        ];
        assert_eq!(faults, expected);
        Ok(())
    }

    #[test]
    fn an_unclosed_quote_and_an_endless_record_are_refused_with_their_line() {
        let error = parse("a\n1\n\"open\nand on\n").expect_err("an unclosed quote");
        assert!(error.to_string().contains("begins on line 3"));
        let error = parse(&format!("a\n{}\n", "x".repeat(2_000))).expect_err("a long record");
        assert!(error.to_string().contains("line 2"));
    }
}
