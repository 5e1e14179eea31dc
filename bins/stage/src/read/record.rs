//! One record: its text, its fields, and what is wrong with it.

/// One record; its buffers are used again for the next one.
///
/// Its bytes are checked once. Where they are UTF-8, `text` gives fields without a further check;
/// where they are not, the record carries a fault and only `field` and `raw` give its bytes.
#[derive(Debug, Default)]
pub struct Record {
    /// Number in the file: the header's is 0, data count from 1; comments, preamble and blank lines
    /// do not count.
    pub number: u64,
    /// Physical line of the file on which it begins, from 1.
    pub line: u64,
    /// What is wrong with it, if anything: the first thing found.
    pub fault: Option<Found>,
    /// Fields, as ranges of the bytes below.
    pub(super) fields: Vec<Field>,
    /// Text of fields that do not stand in the record as such; moves behind the record's bytes.
    pub(super) unescaped: Vec<u8>,
    /// The record's bytes and then the unescaped ones, if all of them are UTF-8.
    text: String,
    /// The same, if they are not.
    bytes: Vec<u8>,
    is_text: bool,
    raw_bytes: usize,
    /// Ends a physical line inside of the record; none of JSON, whose records are lines.
    line_byte: Option<u8>,
}

/// Something wrong with a record, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What is wrong.
    pub fault: Fault,
    /// Field in which it is, from 0.
    pub field: usize,
    /// Physical line of the file on which it is, from 1.
    pub line: u64,
}

/// What is wrong with a record's structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A quote inside a field that does not begin with one.
    QuoteInsideField,
    /// Text between a closing quote and the next separator.
    TextAfterQuote,
    /// A carriage return that ends no line.
    BareCarriageReturn,
    /// The record ends unlike the file's first one, or holds the other kind of line break.
    MixedLineBreaks,
    /// A quote that is not closed on its line, where fields may not hold line breaks.
    UnclosedQuote,
    /// A quote that took the lines below into its field.
    SwallowedLines,
    /// Bytes that are no text in the declared encoding.
    NotUtf8,
    /// A line that is no JSON.
    InvalidJson,
    /// A key that an object holds twice.
    DuplicateKey,
    /// JSON that is no object where one is needed.
    NotAnObject,
    /// A line of bytes that are no text in the declared encoding.
    JsonNotUtf8,
}

impl Fault {
    /// Name of the rule that the record breaks.
    pub fn rule(self) -> &'static str {
        match self {
            Self::QuoteInsideField => "csv.quote_inside_field",
            Self::TextAfterQuote => "csv.text_after_quote",
            Self::BareCarriageReturn => "csv.bare_carriage_return",
            Self::MixedLineBreaks => "csv.mixed_line_breaks",
            Self::UnclosedQuote => "csv.unclosed_quote",
            Self::SwallowedLines => "csv.quote_swallows_lines",
            Self::NotUtf8 => "csv.not_utf8",
            Self::InvalidJson => "json.invalid",
            Self::DuplicateKey => "json.duplicate_key",
            Self::NotAnObject => "json.not_an_object",
            Self::JsonNotUtf8 => "json.not_utf8",
        }
    }

    /// Whether the fault leaves open where quotes open and close.
    pub(super) fn breaks_quotes(self) -> bool {
        matches!(self, Self::QuoteInsideField | Self::TextAfterQuote)
    }
}

/// Where a field is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
}

/// What a field was in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Quoted,
    /// Quoted, and its range is one of `unescaped` until the record is whole.
    QuotedUnescaped,
    /// Not quoted, otherwise the same.
    Unescaped,
    Null,
}

impl Field {
    /// Records are shorter than 4 GiB, see `RECORD_BYTES_CEILING`.
    pub(super) fn new(start: usize, end: usize, kind: Kind) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            kind,
        }
    }

    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Record {
    /// Number of fields.
    #[expect(clippy::len_without_is_empty, reason = "a record is never empty")]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The record's bytes in UTF-8, without the line break at the end.
    pub fn raw(&self) -> &[u8] {
        self.all().get(..self.raw_bytes).unwrap_or_default()
    }

    /// The bytes of a field, unquoted and unescaped; empty beyond the last field.
    pub fn field(&self, index: usize) -> &[u8] {
        let field = self.fields.get(index);
        field
            .and_then(|it| self.all().get(it.range()))
            .unwrap_or_default()
    }

    /// The text of a field, unquoted and unescaped; none beyond the last field, and in a record
    /// that is not UTF-8, which has a fault.
    #[inline]
    pub fn text(&self, index: usize) -> Option<&str> {
        // In a record that is not UTF-8 `text` is empty: fields that are empty too must not pass.
        if !self.is_text {
            return None;
        }
        self.text.get(self.fields.get(index)?.range())
    }

    /// Whether the field stands in quotes; of JSON, whether it is a string.
    pub fn is_quoted(&self, index: usize) -> bool {
        let kind = self.fields.get(index).map(|it| it.kind);
        matches!(kind, Some(Kind::Quoted | Kind::QuotedUnescaped))
    }

    /// Whether the field is a JSON null or its key is missing; never so of csv.
    pub fn is_null(&self, index: usize) -> bool {
        self.fields
            .get(index)
            .is_some_and(|it| it.kind == Kind::Null)
    }

    /// Physical line of the file on which a field begins, from 1; beyond the last field, the one on
    /// which the record ends.
    pub fn line_of(&self, index: usize) -> u64 {
        // All line breaks stand in fields: those of a field stay in it when it is unescaped.
        let lines = (0..index.min(self.len())).map(|it| self.count_lines(self.field(it)));
        self.line + lines.sum::<u64>()
    }

    fn count_lines(&self, bytes: &[u8]) -> u64 {
        self.line_byte
            .map_or(0, |it| memchr::memchr_iter(it, bytes).count() as u64)
    }

    /// Forgets the record before.
    pub(super) fn clear(&mut self) {
        self.fault = None;
        self.fields.clear();
        self.unescaped.clear();
    }

    /// Takes over the record's bytes, once its fields are known. A field that is no UTF-8 is a
    /// fault.
    pub(super) fn keep(&mut self, raw: &[u8], not_utf8: Fault, line_byte: Option<u8>) {
        self.line_byte = line_byte;
        self.raw_bytes = raw.len();
        if !self.unescaped.is_empty() {
            self.place_unescaped();
        }
        self.text.clear();
        let parts = (
            std::str::from_utf8(raw),
            std::str::from_utf8(&self.unescaped),
        );
        if let (Ok(raw), Ok(unescaped)) = parts {
            self.text.push_str(raw);
            self.text.push_str(unescaped);
            self.is_text = true;
            return;
        }
        self.is_text = false;
        self.bytes.clear();
        self.bytes.extend_from_slice(raw);
        self.bytes.extend_from_slice(&self.unescaped);
        self.find_broken_text(not_utf8);
    }

    /// Notes a fault unless one was found before.
    pub(super) fn note(&mut self, fault: Fault, field: usize, line: u64) {
        self.fault.get_or_insert(Found { fault, field, line });
    }

    fn all(&self) -> &[u8] {
        if self.is_text {
            self.text.as_bytes()
        } else {
            &self.bytes
        }
    }

    fn place_unescaped(&mut self) {
        let shift = u32::try_from(self.raw_bytes).unwrap_or(u32::MAX);
        for field in &mut self.fields {
            field.kind = match field.kind {
                Kind::QuotedUnescaped => Kind::Quoted,
                Kind::Unescaped => Kind::Plain,
                Kind::Plain | Kind::Quoted | Kind::Null => continue,
            };
            field.start = field.start.saturating_add(shift);
            field.end = field.end.saturating_add(shift);
        }
    }

    fn find_broken_text(&mut self, fault: Fault) {
        let is_broken = |index: &usize| std::str::from_utf8(self.field(*index)).is_err();
        let field = (0..self.len()).find(is_broken).unwrap_or(0);
        let raw = self.raw();
        let whole = std::str::from_utf8(raw).map_or_else(|it| it.valid_up_to(), str::len);
        let lines = self.count_lines(&raw[..whole]);
        self.note(fault, field, self.line + lines);
    }
}
