//! The raw files as a script would read them: lines, and fields however many there are.

use std::collections::HashMap;
use std::path::Path;

use generate::Options;
use serde_json::Value;
use tempfile::TempDir;

/// One file: where it lies in a shop, and its rows.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<String>,
    /// The first line of a CSV file.
    pub(super) header: Vec<u8>,
    pub(super) rows: Vec<Row>,
}

/// One line.
#[derive(Debug)]
pub(super) struct Row {
    /// Physical line in the file, the header being 1.
    pub(super) line: u64,
    pub(super) bytes: Vec<u8>,
    /// As text, with marks for bytes that are none.
    pub(super) fields: Vec<String>,
    pub(super) is_text: bool,
    /// Whether it has a field for each column.
    pub(super) is_whole: bool,
}

impl Row {
    /// Whether a reader would take it.
    pub(super) fn is_readable(&self) -> bool {
        self.is_text && self.is_whole
    }
}

impl Table {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)?;
        if path.extension().is_some_and(|it| it == "ndjson") {
            Ok(Self::of_json(&bytes))
        } else {
            Self::of_csv(&bytes)
        }
    }

    fn of_csv(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(bytes);
        let records: Vec<csv::ByteRecord> = reader.byte_records().collect::<Result<_, _>>()?;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        assert_eq!(records.len(), lines.len(), "a record is a line");

        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let mut rows: Vec<Row> = Vec::new();
        let columns: Vec<String> = records[0].iter().map(text).collect();
        for (at, (record, line)) in records.iter().zip(&lines).enumerate().skip(1) {
            rows.push(Row {
                line: at as u64 + 1,
                bytes: line.to_vec(),
                fields: record.iter().map(text).collect(),
                is_text: std::str::from_utf8(line).is_ok(),
                is_whole: record.len() == columns.len(),
            });
        }
        Ok(Self {
            columns,
            header: lines[0].to_vec(),
            rows,
        })
    }

    fn of_json(bytes: &[u8]) -> Self {
        let mut columns = Vec::new();
        let mut rows = Vec::new();
        for (at, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let object: serde_json::Map<String, Value> =
                serde_json::from_slice(line).unwrap_or_default();
            if columns.is_empty() {
                columns = object.keys().cloned().collect();
                columns.sort_unstable();
            }
            let text = |column: &String| match object.get(column) {
                Some(Value::String(text)) => text.clone(),
                None | Some(Value::Null) => String::new(),
                Some(other) => other.to_string(),
            };
            rows.push(Row {
                line: at as u64 + 1,
                bytes: line.to_vec(),
                fields: columns.iter().map(text).collect(),
                is_text: std::str::from_utf8(line).is_ok(),
                is_whole: !object.is_empty(),
            });
        }
        Self {
            columns,
            header: Vec::new(),
            rows,
        }
    }

    pub(super) fn position(&self, column: &str) -> usize {
        let position = self.columns.iter().position(|name| name == column);
        position.unwrap_or_else(|| panic!("no column `{column}` in {:?}", self.columns))
    }

    pub(super) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// The value, or nothing where the row is too short.
    pub(super) fn value<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let field = row.fields.get(self.position(column));
        field.map(String::as_str).unwrap_or_default()
    }

    /// The values of these columns, together.
    pub(super) fn values<'a>(&self, row: &'a Row, columns: &[&str]) -> Vec<&'a str> {
        columns
            .iter()
            .map(|column| self.value(row, column))
            .collect()
    }

    /// The last row of each key, in their order: of duplicates, the one that stands.
    pub(super) fn standing(&self, key: &[&str]) -> Vec<&Row> {
        let mut last: HashMap<Vec<&str>, usize> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            last.insert(self.values(row, key), at);
        }
        let mut standing: Vec<usize> = last.into_values().collect();
        standing.sort_unstable();
        standing.into_iter().map(|at| &self.rows[at]).collect()
    }
}

/// A label, as `faults.jsonl` has it.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct Label {
    pub(super) file: String,
    pub(super) line: Option<u64>,
    pub(super) key: Option<String>,
    pub(super) kind: String,
    pub(super) field: Option<String>,
    pub(super) clean: Option<String>,
    pub(super) expected: String,
}

/// A shop in a folder of its own.
#[derive(Debug)]
pub(super) struct RawShop {
    dir: TempDir,
}

impl RawShop {
    pub(super) async fn generate(options: &Options) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let options = Options {
            out: Some(dir.path().to_owned()),
            ..options.clone()
        };
        let ctx = common::testing::context_without_database(dir.path());
        generate::run(&ctx, &options).await?;
        Ok(Self { dir })
    }

    pub(super) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn table(&self, name: &str) -> anyhow::Result<Table> {
        Table::read(&self.dir.path().join(name))
    }

    pub(super) fn bytes(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.dir.path().join(name))?)
    }

    pub(super) fn labels(&self) -> anyhow::Result<Vec<Label>> {
        let text = String::from_utf8(self.bytes("faults.jsonl")?)?;
        Ok(text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// The counts of `generation_metadata.json`, by kind.
    pub(super) fn counts(&self) -> anyhow::Result<HashMap<String, usize>> {
        let metadata: Value = serde_json::from_slice(&self.bytes("generation_metadata.json")?)?;
        Ok(serde_json::from_value(metadata["faults"].clone())?)
    }
}
