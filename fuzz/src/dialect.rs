//! A file to read and the declaration to read it by.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use stage::read::Limits;
use stage::source::{Encoding, Format, LineBreak, RepeatedHeader, Swallowed, Table};

use crate::Choices;

/// Keys of a table that every trial begins with; `customer.id` leads into an object of JSON.
const TABLE: &str = r#"
files = ["*"]
ignored_columns = ["ignored"]

[columns]
a = "text"
b = { type = "decimal", from = ["customer.id"] }
c = { type = "text", from = ["a", "d"] }
e = { type = "text", constant = "x" }
"#;

static BASE: LazyLock<Table> = LazyLock::new(|| toml::from_str(TABLE).expect("a table"));

/// How a body becomes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is, under a name that says nothing.
    Plain,
    /// As it is, under a name that ends in `.gz`.
    NamedGzip,
    /// As it is, under a name that ends in `.zst`.
    NamedZstd,
    /// Packed with gzip.
    Gzip,
    /// Packed with zstd.
    Zstd,
    /// Packed with gzip, and cut off in the middle.
    CutGzip,
    /// Packed with zstd, and cut off in the middle.
    CutZstd,
}

/// A file and how it is read.
#[derive(Debug)]
pub struct Trial {
    /// Its declaration.
    pub table: Table,
    /// Its limits.
    pub limits: Limits,
    /// How its bytes are packed.
    pub packing: Packing,
    /// Its name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Trial {
    /// A trial from an input: 15 choices, then the file's content.
    pub fn new(input: &[u8]) -> Self {
        let mut choices = Choices::new(input);
        let packing = pick_packing(&mut choices);
        let table = pick_table(&mut choices);
        let limits = pick_limits(&mut choices);
        let (name, bytes) = pack(packing, choices.body());
        Self {
            table,
            limits,
            packing,
            name,
            bytes,
        }
    }
}

fn pick_packing(choices: &mut Choices<'_>) -> Packing {
    choices.pick(&[
        Packing::Plain,
        Packing::NamedGzip,
        Packing::NamedZstd,
        Packing::Gzip,
        Packing::Zstd,
        Packing::CutGzip,
        Packing::CutZstd,
    ])
}

fn pick_table(choices: &mut Choices<'_>) -> Table {
    let mut table = BASE.clone();
    table.format = choices.pick(&[Format::Csv, Format::Ndjson]);
    table.encoding = choices.pick(&[
        Encoding::Utf8,
        Encoding::Utf16,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Windows1252,
        Encoding::Latin1,
    ]);
    let delimiters = [",", ";", "\t", "|", "||", "::", "é", " ", "aab"];
    table.delimiter = choices.pick(&delimiters).to_owned();
    table.quote = choices.pick(&["\"", "", "'"]).to_owned();
    table.escape = choices.pick(&[None, Some('\\'), Some('"'), Some('^')]);
    table.line_break = choices.pick(&[LineBreak::First, LineBreak::Any, LineBreak::Cr]);
    (table.quoted_line_breaks, table.swallowed_lines) = choices.pick(&[
        (true, Swallowed::Refuse),
        (true, Swallowed::Quarantine),
        (false, Swallowed::Refuse),
    ]);
    table.preamble_lines = choices.pick(&[0, 1, 2]);
    table.header_lines = choices.pick(&[1, 0, 2, 3]);
    table.footer_lines = choices.pick(&[0, 1, 2, 5]);
    let comment: Option<&str> = choices.pick(&[None, Some("#"), Some("//")]);
    table.comment = comment.map(str::to_owned);
    table.repeated_header = choices.pick(&[
        RepeatedHeader::Refuse,
        RepeatedHeader::Skip,
        RepeatedHeader::Load,
    ]);
    if choices.pick(&[false, true]) && table.header_lines == 0 {
        table.header = vec!["x".to_owned(), "y".to_owned()];
    }
    table
}

fn pick_limits(choices: &mut Choices<'_>) -> Limits {
    let (record_bytes_max, unpacked_bytes_max) = choices.pick(&[
        (1024 * 1024, 1024 * 1024),
        (16, 1024 * 1024),
        (200, 1024 * 1024),
        (1024, 100),
    ]);
    Limits {
        record_bytes_max,
        unpacked_bytes_max,
        ..Limits::default()
    }
}

fn pack(packing: Packing, body: &[u8]) -> (&'static str, Vec<u8>) {
    match packing {
        Packing::Plain => ("a.csv", body.to_vec()),
        Packing::NamedGzip => ("a.csv.gz", body.to_vec()),
        Packing::NamedZstd => ("a.csv.zst", body.to_vec()),
        Packing::Gzip => ("a.csv.gz", gzip(body)),
        Packing::Zstd => ("a.csv.zst", zstd(body)),
        Packing::CutGzip => ("a.csv.gz", cut(gzip(body))),
        Packing::CutZstd => ("a.csv.zst", cut(zstd(body))),
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).expect("memory does not fail");
    encoder.finish().expect("memory does not fail")
}

fn zstd(body: &[u8]) -> Vec<u8> {
    compress_to_vec(body, CompressionLevel::Fastest)
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}
