//! A random dialect, and its declaration.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use tests::trial::quoted;

use crate::stage::packing::{gzipped, zstd_of};

const DELIMITERS: [&str; 9] = [",", ";", "\t", "|", "||", "::", " ", "\u{1f}", "¦"];
const NULLS: [&str; 4] = ["", "NULL", "\\N", "-"];
const COMMENTS: [Option<&str>; 6] = [None, None, None, Some("#"), Some("--"), Some("%%")];

/// What one table's file is written in.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// Number of columns.
    pub(super) width: usize,
    pub(super) is_json: bool,
    pub(super) encoding: Encoding,
    pub(super) delimiter: &'static str,
    pub(super) quote: Option<char>,
    pub(super) escape: Option<char>,
    pub(super) line_break: &'static str,
    /// Quotes around every value, not only where one needs them.
    pub(super) quotes_all: bool,
    pub(super) preamble_lines: usize,
    pub(super) header_lines: usize,
    pub(super) footer_lines: usize,
    pub(super) comment: Option<&'static str>,
    pub(super) nulls: Vec<&'static str>,
    pub(super) quoted_nulls: bool,
    /// The last line has no line break.
    pub(super) is_open: bool,
    is_any_line_break: bool,
    packing: Packing,
}

/// How text is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16LeMarked,
    Utf16BeMarked,
    Utf16Le,
    Utf16Be,
    Windows1252,
    Latin1,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// Name of a column by its index.
pub(super) fn column_name(index: usize) -> String {
    format!("c{index}")
}

impl Dialect {
    pub(super) fn random(random: &mut ChaCha8Rng) -> Self {
        let width = random.random_range(1..6);
        let quote = *pick(random, &[Some('"'), Some('"'), Some('"'), Some('\''), None]);
        let dialect = Self {
            width,
            is_json: random.random_ratio(1, 8),
            encoding: *pick(random, &Encoding::ALL),
            delimiter: *pick(random, &DELIMITERS),
            quote,
            escape: *pick(random, &[None, None, Some('\\'), Some('^')]),
            line_break: *pick(random, &["\n", "\r\n", "\r"]),
            quotes_all: random.random_ratio(1, 3),
            preamble_lines: random.random_range(0..3),
            header_lines: random.random_range(0..3),
            footer_lines: *pick(random, &[0, 0, 1, 3]),
            comment: *pick(random, &COMMENTS),
            nulls: random_nulls(random),
            quoted_nulls: random.random_ratio(1, 3),
            is_open: random.random_ratio(1, 6),
            is_any_line_break: random.random_ratio(1, 4),
            packing: *pick(
                random,
                &[Packing::Plain, Packing::Plain, Packing::Gzip, Packing::Zstd],
            ),
        };
        dialect.possible()
    }

    /// What no writer could write is taken out.
    fn possible(mut self) -> Self {
        if self.is_json {
            (self.preamble_lines, self.header_lines, self.footer_lines) = (0, 1, 0);
            (self.comment, self.quoted_nulls) = (None, true);
            if self.line_break == "\r" {
                self.line_break = "\n";
            }
            return self;
        }
        if self.quote.is_none() {
            // A first value could neither hide from comments nor look unlike a byte-order mark.
            self.comment = None;
            self.width = self.width.max(2);
            self.header_lines = self.header_lines.max(1);
            self.quotes_all = false;
            // Its delimiter is escaped as a whole; a part of it would be ambiguous.
            if self.delimiter.len() > 1 {
                self.delimiter = ",";
            }
        }
        if self.width == 1 {
            // An empty line is no record, and no part of a header.
            self.header_lines = self.header_lines.min(1);
            self.nulls.retain(|it| !it.is_empty());
        }
        if self.footer_lines > 0 {
            self.is_open = false;
        }
        self
    }

    /// Characters that a text of this table may hold.
    pub(super) fn can_hold(&self, text: &str) -> bool {
        let is_encodable = text.chars().all(|it| self.encoding.can_hold(it));
        let is_null = self.nulls.contains(&text) && !self.tells_nulls_by_quotes();
        let breaks_line = |it: char| it == '\n' || it == '\r';
        let is_bare = self.quote.is_none() && self.escape.is_none() && !self.is_json;
        let is_broken = is_bare && (text.contains(breaks_line) || text.contains(self.delimiter));
        is_encodable && !is_null && !is_broken
    }

    /// Whether a text in quotes is never null.
    pub(super) fn tells_nulls_by_quotes(&self) -> bool {
        self.quote.is_some() && !self.quoted_nulls && !self.is_json
    }

    /// What a physical line ends with, by its last character.
    pub(super) fn line_end(&self) -> char {
        if self.line_break == "\r" { '\r' } else { '\n' }
    }

    pub(super) fn file_name(&self, table: &str) -> String {
        let kind = if self.is_json { "ndjson" } else { "csv" };
        match self.packing {
            Packing::Plain => format!("{table}.{kind}"),
            Packing::Gzip => format!("{table}.{kind}.gz"),
            Packing::Zstd => format!("{table}.{kind}.zst"),
        }
    }

    /// The table of a `source.toml`.
    pub(super) fn declaration(&self, table: &str) -> String {
        let nulls: Vec<String> = self.nulls.iter().map(|it| quoted(it)).collect();
        let mut keys = vec![
            format!("[tables.{table}]"),
            format!("files = [\"{}\"]", self.file_name(table)),
            format!("encoding = \"{}\"", self.encoding.declared()),
            format!("nulls = [{}]", nulls.join(", ")),
            format!("last_line_is_open = {}", self.is_open),
        ];
        if self.is_json {
            keys.push("format = \"ndjson\"".to_owned());
        } else {
            self.declare_csv(&mut keys);
        }
        keys.push(format!("[tables.{table}.columns]"));
        // In JSON a column without any value is a key that no record has.
        let column = if self.is_json {
            "{ type = \"text\", optional = true }"
        } else {
            "\"text\""
        };
        keys.extend((0..self.width).map(|it| format!("{} = {column}", column_name(it))));
        keys.join("\n") + "\n"
    }

    fn declare_csv(&self, keys: &mut Vec<String>) {
        let quote = self.quote.map_or(String::new(), String::from);
        let line_break = match self.line_break {
            "\r" => "cr",
            _ if self.is_any_line_break => "any",
            _ => "first",
        };
        keys.extend([
            format!("delimiter = {}", quoted(self.delimiter)),
            format!("quote = {}", quoted(&quote)),
            format!("line_break = \"{line_break}\""),
            format!("preamble_lines = {}", self.preamble_lines),
            format!("header_lines = {}", self.header_lines),
            format!("footer_lines = {}", self.footer_lines),
        ]);
        if self.quote.is_some() {
            keys.push(format!("quoted_nulls = {}", self.quoted_nulls));
        }
        if let Some(escape) = self.escape {
            keys.push(format!("escape = {}", quoted(&escape.to_string())));
        }
        if let Some(comment) = self.comment {
            keys.push(format!("comment = {}", quoted(comment)));
        }
    }

    /// The file that holds this text.
    pub(super) fn bytes(&self, text: &str) -> Vec<u8> {
        let bytes = self.encoding.encode(text);
        match self.packing {
            Packing::Plain => bytes,
            Packing::Gzip => gzipped(&bytes),
            Packing::Zstd => zstd_of(&bytes),
        }
    }
}

impl Encoding {
    const ALL: [Self; 8] = [
        Self::Utf8,
        Self::Utf8Marked,
        Self::Utf16LeMarked,
        Self::Utf16BeMarked,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Windows1252,
        Self::Latin1,
    ];

    fn declared(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Marked => "utf-8",
            Self::Utf16LeMarked | Self::Utf16BeMarked => "utf-16",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Latin1 => "latin-1",
        }
    }

    pub(super) fn is_one_byte(self) -> bool {
        matches!(self, Self::Windows1252 | Self::Latin1)
    }

    fn can_hold(self, character: char) -> bool {
        !self.is_one_byte() || self.one_byte(character).is_some()
    }

    /// The byte of a character in a one-byte encoding.
    fn one_byte(self, character: char) -> Option<u8> {
        let code = u8::try_from(u32::from(character)).ok();
        if self == Self::Latin1 {
            return code;
        }
        match character {
            '€' => Some(0x80),
            'ƒ' => Some(0x83),
            '“' => Some(0x93),
            '™' => Some(0x99),
            'Ÿ' => Some(0x9f),
            '\u{80}'..='\u{9f}' => None,
            _ => code,
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        let low = |it: &str| it.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let high = |it: &str| it.encode_utf16().flat_map(u16::to_be_bytes).collect();
        // A mark in front of a text that begins with one keeps it.
        let has_mark = matches!(
            self,
            Self::Utf8Marked | Self::Utf16LeMarked | Self::Utf16BeMarked
        ) || text.starts_with('\u{feff}');
        let marked = if has_mark {
            format!("\u{feff}{text}")
        } else {
            text.to_owned()
        };
        match self {
            Self::Utf8 | Self::Utf8Marked => marked.into_bytes(),
            Self::Utf16Le | Self::Utf16LeMarked => low(&marked),
            Self::Utf16Be | Self::Utf16BeMarked => high(&marked),
            Self::Windows1252 | Self::Latin1 => text
                .chars()
                .map(|it| self.one_byte(it).expect("a character of the encoding"))
                .collect(),
        }
    }
}

fn pick<'a, T>(random: &mut ChaCha8Rng, choices: &'a [T]) -> &'a T {
    choices.choose(random).expect("a choice")
}

fn random_nulls(random: &mut ChaCha8Rng) -> Vec<&'static str> {
    let count = random.random_range(0..3);
    (0..count).map(|_| *pick(random, &NULLS)).collect()
}
