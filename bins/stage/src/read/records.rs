//! One csv record into its fields.
//!
//! In: text that begins with a record. Out: where the record ends, its fields, and the first thing
//! that is wrong with it. Plain records are cut at their delimiters; only one with a quote or a
//! stray line break is looked at byte by byte.

use super::dialect::Dialect;
use super::record::{Fault, Field, Kind};
use super::window::{Ending, Span, line_span};

const WORD_BYTES: usize = 8;
const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Cuts a record that holds neither quotes nor stray line breaks.
pub(super) fn split_plain(content: &[u8], delimiter: &[u8], fields: &mut Vec<Field>) {
    match delimiter {
        [byte] => split_at_byte(content, *byte, fields),
        _ => split_at_bytes(content, delimiter, fields),
    }
}

/// Eight bytes at a time: a bit is set in `found` for every byte that is the delimiter.
fn split_at_byte(content: &[u8], delimiter: u8, fields: &mut Vec<Field>) {
    let pattern = u64::from(delimiter) * EACH_BYTE;
    let (words, rest) = content.as_chunks::<WORD_BYTES>();
    let (mut start, mut base) = (0, 0);
    for word in words {
        let differences = u64::from_le_bytes(*word) ^ pattern;
        let mut found = !(((differences & LOW_BITS) + LOW_BITS) | differences | LOW_BITS);
        while found != 0 {
            let end = base + (found.trailing_zeros() / 8) as usize;
            fields.push(Field::new(start, end, Kind::Plain));
            start = end + 1;
            found &= found - 1;
        }
        base += WORD_BYTES;
    }
    for (index, byte) in rest.iter().enumerate() {
        if *byte == delimiter {
            fields.push(Field::new(start, base + index, Kind::Plain));
            start = base + index + 1;
        }
    }
    fields.push(Field::new(start, content.len(), Kind::Plain));
}

fn split_at_bytes(content: &[u8], delimiter: &[u8], fields: &mut Vec<Field>) {
    let mut start = 0;
    for end in memchr::memmem::find_iter(content, delimiter) {
        fields.push(Field::new(start, end, Kind::Plain));
        start = end + delimiter.len();
    }
    fields.push(Field::new(start, content.len(), Kind::Plain));
}

/// Where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole(Span),
    /// Its end is not in memory.
    More,
    /// The file ends inside a quoted field.
    Unclosed(Place),
}

/// A place in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub field: usize,
    pub at: usize,
}

/// What came after a field.
enum Next {
    /// Another one, which begins there.
    Field(usize),
    End(Extent),
}

/// Reads one record of any kind.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    /// Text that begins with the record.
    pub data: &'a [u8],
    /// Whether nothing comes after it.
    pub is_over: bool,
    pub dialect: &'a Dialect,
    pub fields: &'a mut Vec<Field>,
    /// Text of fields that were unescaped.
    pub unescaped: &'a mut Vec<u8>,
    /// Where the first physical line ends.
    pub first_line_end: usize,
    /// The first thing that is wrong.
    pub fault: Option<(Fault, Place)>,
    /// The first quote whose field holds line breaks.
    pub multi_line: Option<Place>,
}

impl Splitter<'_> {
    /// Fills `fields`; they count only if the record is whole.
    pub(super) fn split(&mut self) -> Extent {
        let mut start = 0;
        loop {
            let next = match (self.dialect.quote, self.dialect.escape) {
                (Some(quote), _) if self.data.get(start) == Some(&quote) => {
                    self.quoted(start, quote)
                }
                (None, Some(escape)) => self.escaped(start, escape),
                _ => self.unquoted(start),
            };
            match next {
                Next::Field(at) => start = at,
                Next::End(extent) => return extent,
            }
        }
    }

    /// Makes a field of what follows a quote that is not closed.
    pub(super) fn push_rest(&mut self, quote: Place) {
        let rest = Field::new(quote.at + 1, self.data.len(), Kind::Quoted);
        self.fields.push(rest);
    }

    fn note(&mut self, fault: Fault, at: usize, field: usize) {
        self.fault.get_or_insert((fault, Place { field, at }));
    }

    /// A field that begins with a quote.
    fn quoted(&mut self, start: usize, quote: u8) -> Next {
        let field = self.fields.len();
        let unescaped_start = self.unescaped.len();
        // From here on the field's bytes were not yet looked at, or not yet put together.
        let (mut position, mut segment) = (start + 1, start + 1);
        let close = loop {
            let Some(found) = self.find_special(position, quote) else {
                return Next::End(self.open_end(field, start));
            };
            let Some(next) = self.data.get(found + 1) else {
                if !self.is_over {
                    return Next::End(Extent::More);
                }
                if self.data[found] == quote {
                    break found;
                }
                return Next::End(self.open_end(field, start));
            };
            let is_pair = match self.dialect.escape {
                Some(escape) if self.data[found] == escape => *next == quote || *next == escape,
                Some(_) => false,
                None => *next == quote,
            };
            if is_pair {
                self.unescaped.extend_from_slice(&self.data[segment..found]);
                segment = found + 1;
                position = found + 2;
            } else if self.data[found] == quote {
                break found;
            } else {
                position = found + 1;
            }
        };
        if segment > start + 1 {
            self.unescaped.extend_from_slice(&self.data[segment..close]);
            let end = self.unescaped.len();
            let whole = Field::new(unescaped_start, end, Kind::QuotedUnescaped);
            self.fields.push(whole);
        } else {
            self.fields.push(Field::new(start + 1, close, Kind::Quoted));
        }
        // The first line break of a record stands in the first field that holds one.
        if close > self.first_line_end && self.multi_line.is_none() {
            self.multi_line = Some(Place { field, at: start });
        }
        self.after_quote(close + 1, field)
    }

    fn find_special(&self, from: usize, quote: u8) -> Option<usize> {
        let rest = &self.data[from..];
        let found = match self.dialect.escape {
            Some(escape) => memchr::memchr2(quote, escape, rest),
            None => memchr::memchr(quote, rest),
        };
        found.map(|it| from + it)
    }

    /// What stands behind a closing quote.
    fn after_quote(&mut self, at: usize, field: usize) -> Next {
        let rest = &self.data[at..];
        let delimiter = &self.dialect.delimiter;
        if rest.starts_with(delimiter) {
            return Next::Field(at + delimiter.len());
        }
        // The delimiter or CRLF may be in memory in part.
        if !self.is_over && rest.len() < delimiter.len().max(2) && !rest.contains(&b'\n') {
            let is_cr = self.dialect.line_byte() == b'\r' && rest.first() == Some(&b'\r');
            if !is_cr {
                return Next::End(Extent::More);
            }
        }
        let line_byte = self.dialect.line_byte();
        let is_end = match rest {
            [] => true,
            [first, ..] if *first == line_byte => true,
            [b'\r', second, ..] => line_byte == b'\n' && *second == b'\n',
            _ => false,
        };
        if !is_end {
            self.note(Fault::TextAfterQuote, at, field);
        }
        match self.find_end(at) {
            End::Delimiter(found) => Next::Field(found + delimiter.len()),
            End::Line(span) => Next::End(Extent::Whole(span)),
            End::More | End::Escape(_) => Next::End(Extent::More),
        }
    }

    /// A field that begins with no quote.
    fn unquoted(&mut self, start: usize) -> Next {
        let field = self.fields.len();
        let (end, next) = match self.find_end(start) {
            End::Delimiter(found) => (found, Next::Field(found + self.dialect.delimiter.len())),
            End::Line(span) => (span.content, Next::End(Extent::Whole(span))),
            End::More | End::Escape(_) => return Next::End(Extent::More),
        };
        let text = &self.data[start..end];
        let quote = self.dialect.quote;
        if let Some(at) = quote.and_then(|quote| memchr::memchr(quote, text)) {
            self.note(Fault::QuoteInsideField, start + at, field);
        }
        if let Some(at) = memchr::memchr(self.dialect.stray_byte(), text) {
            self.note(self.stray_fault(), start + at, field);
        }
        self.fields.push(Field::new(start, end, Kind::Plain));
        next
    }

    /// A field of a file without quotes, in which an escape may stand.
    fn escaped(&mut self, start: usize, escape: u8) -> Next {
        let field = self.fields.len();
        let unescaped_start = self.unescaped.len();
        let (mut position, mut segment) = (start, start);
        let (end, next) = loop {
            match self.find_end_or(escape, position) {
                End::Delimiter(at) => break (at, Next::Field(at + self.dialect.delimiter.len())),
                End::Line(span) => break (span.content, Next::End(Extent::Whole(span))),
                End::More => return Next::End(Extent::More),
                End::Escape(at) => {
                    self.note_stray(position, at, field);
                    let Some(count) = self.escaped_bytes(at, escape) else {
                        return Next::End(Extent::More);
                    };
                    if count > 0 {
                        self.unescaped.extend_from_slice(&self.data[segment..at]);
                        segment = at + 1;
                    }
                    position = at + 1 + count;
                }
            }
        };
        self.note_stray(position, end, field);
        if segment > start {
            self.unescaped.extend_from_slice(&self.data[segment..end]);
            let unescaped_end = self.unescaped.len();
            let whole = Field::new(unescaped_start, unescaped_end, Kind::Unescaped);
            self.fields.push(whole);
        } else {
            self.fields.push(Field::new(start, end, Kind::Plain));
        }
        next
    }

    /// How many bytes the escape makes a part of the field; none if they are not in memory.
    fn escaped_bytes(&self, at: usize, escape: u8) -> Option<usize> {
        let rest = &self.data[at + 1..];
        let delimiter = &self.dialect.delimiter;
        if rest.starts_with(delimiter) {
            return Some(delimiter.len());
        }
        if rest.len() < delimiter.len() && !self.is_over {
            return None;
        }
        match rest {
            // Where lines end so, both bytes are one line break.
            [b'\r', after @ ..] if self.dialect.line_byte() == b'\n' => match after.first() {
                None if !self.is_over => None,
                Some(b'\n') => Some(2),
                _ => Some(1),
            },
            [b'\r' | b'\n', ..] => Some(1),
            [byte, ..] if *byte == escape => Some(1),
            _ => Some(0),
        }
    }

    fn note_stray(&mut self, start: usize, end: usize, field: usize) {
        if let Some(at) = memchr::memchr(self.dialect.stray_byte(), &self.data[start..end]) {
            self.note(self.stray_fault(), start + at, field);
        }
    }

    fn stray_fault(&self) -> Fault {
        match self.dialect.stray_byte() {
            b'\r' => Fault::BareCarriageReturn,
            _ => Fault::MixedLineBreaks,
        }
    }

    /// The first delimiter or line break.
    fn find_end(&self, from: usize) -> End {
        // The delimiter's first byte stands for an escape that there is not.
        self.find_end_or(self.dialect.delimiter[0], from)
    }

    /// The first delimiter, line break or escape.
    fn find_end_or(&self, escape: u8, from: usize) -> End {
        let delimiter = &self.dialect.delimiter;
        let line_byte = self.dialect.line_byte();
        let mut position = from;
        while let Some(found) =
            memchr::memchr3(delimiter[0], line_byte, escape, &self.data[position..])
        {
            let at = position + found;
            let candidate = &self.data[at..];
            if candidate.starts_with(delimiter) {
                return End::Delimiter(at);
            }
            if candidate[0] == line_byte {
                return End::Line(line_span(self.data, at, line_byte));
            }
            if candidate[0] == escape && escape != delimiter[0] {
                return End::Escape(at);
            }
            if candidate.len() < delimiter.len() && !self.is_over {
                return End::More;
            }
            position = at + 1;
        }
        self.end_of_data()
    }

    fn end_of_data(&self) -> End {
        let end = self.data.len();
        if !self.is_over {
            return End::More;
        }
        End::Line(Span {
            content: end,
            next: end,
            ending: Ending::File,
        })
    }

    fn open_end(&self, field: usize, at: usize) -> Extent {
        if self.is_over {
            Extent::Unclosed(Place { field, at })
        } else {
            Extent::More
        }
    }
}

/// What ends an unquoted stretch.
enum End {
    Delimiter(usize),
    Line(Span),
    Escape(usize),
    More,
}
