//! One kind of file: how its bytes become records, and its records rows.

use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// How one kind of file is read. Every default is the strict reading of RFC 4180.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Patterns below the source's data folder; `**` stands for folders at any depth. A name that
    /// ends in `.gz` or `.zst` is unpacked while it is read.
    pub files: Vec<String>,
    /// Entity that the files already look like; absent: they go to landing.
    pub entity: Option<String>,
    /// What a new version of a file means.
    #[serde(default)]
    pub mode: Mode,
    /// Columns that tell a row from every other, for `mode = "upsert"`.
    #[serde(default)]
    pub key: Vec<String>,
    /// A run without such a file is in order.
    #[serde(default)]
    pub optional: bool,
    /// Whether a `<file>.manifest.json` must vouch for every file.
    #[serde(default)]
    pub manifest: Manifest,

    /// What the files are made of.
    #[serde(default)]
    pub format: Format,
    /// How bytes are text.
    #[serde(default)]
    pub encoding: Encoding,
    /// Field separator: one to eight bytes.
    #[serde(default = "comma")]
    pub delimiter: String,
    /// One ASCII character around fields that hold separators, or nothing.
    #[serde(default = "double_quote")]
    pub quote: String,
    /// One ASCII character that makes a quote in a quoted field a part of it; absent: the quote is
    /// doubled. Before any other character it stands for itself, as in PostgreSQL's COPY.
    #[serde(default)]
    pub escape: Option<char>,
    /// How lines end.
    #[serde(default)]
    pub line_break: LineBreak,
    /// Whether a quoted field may hold line breaks.
    #[serde(default = "yes")]
    pub quoted_line_breaks: bool,
    /// What becomes of a record whose broken quotes run over several lines.
    #[serde(default)]
    pub swallowed_lines: Swallowed,
    /// Lines before the header.
    #[serde(default)]
    pub preamble_lines: u64,
    /// Lines of column names; several are joined by a space, none needs `header` or the order of
    /// `columns`.
    #[serde(default = "one")]
    pub header_lines: u64,
    /// Names of the fields of a file without header lines; absent: the columns in their order.
    #[serde(default)]
    pub header: Vec<String>,
    /// Lines at the end that are no records.
    #[serde(default)]
    pub footer_lines: usize,
    /// Lines that begin so are no records; absent: there are none.
    #[serde(default)]
    pub comment: Option<String>,
    /// What the header's names mean when they come once more.
    #[serde(default)]
    pub repeated_header: RepeatedHeader,
    /// The files end without a line break; else such a file counts as cut off.
    #[serde(default)]
    pub last_line_is_open: bool,

    /// Texts that mean "no value".
    #[serde(default = "empty_text")]
    pub nulls: Vec<String>,
    /// Whether a text of `nulls` means "no value" in quotes too.
    #[serde(default = "yes")]
    pub quoted_nulls: bool,
    /// Whether white space around values goes.
    #[serde(default)]
    pub trim: bool,
    /// Between the whole and the broken part of a number.
    #[serde(default = "point")]
    pub decimal_mark: char,
    /// Between groups of three digits; absent: there is none.
    #[serde(default)]
    pub thousands_mark: Option<char>,
    /// Local times that a change of the clock skipped are usual in these files: they move to the
    /// end of the gap as everywhere, but without a warning.
    #[serde(default)]
    pub has_gap_times: bool,

    /// Columns of the file that are not loaded.
    #[serde(default)]
    pub ignored_columns: Vec<String>,
    /// Columns to load, in order.
    pub columns: IndexMap<String, Column>,
}

/// What a new version of a file means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The files that are there now are the whole table.
    #[default]
    Snapshot,
    /// Each file adds rows; earlier files stay.
    Append,
    /// Each file brings new rows and new versions of rows, told by `key`.
    Upsert,
}

/// Whether files come with a manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Manifest {
    /// A manifest that is there is checked.
    #[default]
    Optional,
    /// A file without one is refused.
    Required,
}

/// What files are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Separated values.
    #[default]
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// How bytes are text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Encoding {
    /// UTF-8; a byte-order mark is passed over.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16 with a byte-order mark.
    #[serde(rename = "utf-16")]
    Utf16,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252, as Western Windows and Excel write.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// How lines end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineBreak {
    /// As the file's first line does, LF or CRLF; a record that ends otherwise is refused.
    #[default]
    First,
    /// LF or CRLF, each as it comes.
    Any,
    /// A carriage return alone.
    Cr,
}

/// What becomes of a record whose broken quotes run over several lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Swallowed {
    /// The file is refused: which lines are rows is a guess.
    #[default]
    Refuse,
    /// All its lines go to quarantine as one record.
    Quarantine,
}

/// What the header's names mean when they come once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatedHeader {
    /// The file is refused: it may hold several tables.
    #[default]
    Refuse,
    /// The line is passed over.
    Skip,
    /// It is a record like any other.
    Load,
}

/// A column: `price = "decimal"`, or a table with options.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Column {
    /// Only its type.
    Type(Type),
    /// Its type and how it is read.
    Options(Box<ColumnOptions>),
}

/// How a column is read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnOptions {
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Columns of the file that it is made of, joined by a space; absent: the one of its name. In
    /// JSON a dot leads into an object: `customer.id`.
    #[serde(default)]
    pub from: Vec<String>,
    /// Whether a file without it is in order; its values are then null.
    #[serde(default)]
    pub optional: bool,
    /// The same value in every row, in place of a column of the file.
    pub constant: Option<String>,
    /// strftime format of dates and times, also `unix` (seconds) and `unix_ms`.
    pub format: Option<String>,
    /// Several formats, tried in order.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Zone of its local times; absent: the shop's.
    pub time_zone: Option<Tz>,
    /// Only the digits of the text are read: `ITEM00017` is 17.
    #[serde(default)]
    pub digits: bool,
    /// Whether white space around the value goes; absent: as the table says.
    pub trim: Option<bool>,
    /// Texts that mean "no value"; absent: as the table says.
    pub nulls: Option<Vec<String>>,
    /// Between the whole and the broken part of a number; absent: as the table says.
    pub decimal_mark: Option<char>,
    /// Between groups of three digits; absent: as the table says.
    pub thousands_mark: Option<char>,
    /// Signs such as `€` or `R$` that may stand before or after the number.
    #[serde(default)]
    pub currency_signs: Vec<String>,
    /// What a percent sign after the number means; absent: it is refused.
    pub percent: Option<Percent>,
}

/// What a percent sign means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Percent {
    /// `12.5 %` is 12.5.
    Number,
    /// `12.5 %` is 0.125.
    Fraction,
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// An exact number.
    Decimal,
    /// A calendar day.
    Date,
    /// A point in time; without an offset it is the shop's local time.
    Timestamp,
    /// true or false, also t/f, yes/no, y/n, 1/0.
    Boolean,
    /// A JSON document.
    Json,
}

impl Column {
    /// The options, with their defaults where only a type was given.
    pub fn options(&self) -> ColumnOptions {
        match self {
            Self::Options(options) => options.as_ref().clone(),
            Self::Type(kind) => ColumnOptions {
                kind: *kind,
                from: Vec::new(),
                optional: false,
                constant: None,
                format: None,
                formats: Vec::new(),
                time_zone: None,
                digits: false,
                trim: None,
                nulls: None,
                decimal_mark: None,
                thousands_mark: None,
                currency_signs: Vec::new(),
                percent: None,
            },
        }
    }
}

fn comma() -> String {
    ",".to_owned()
}

fn double_quote() -> String {
    "\"".to_owned()
}

fn point() -> char {
    '.'
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

fn empty_text() -> Vec<String> {
    vec![String::new()]
}
