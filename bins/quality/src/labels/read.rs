//! Labels on their way into the database, one line at a time, however many there are.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::pin::pin;

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use common::{Failure, Sql, sql};
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

const COPY: Sql = sql!("quality/copy_fault_labels.sql");

/// Size at which a chunk is sent to the server.
const CHUNK_BYTES: usize = 64 * 1024;

/// One line of `faults.jsonl`.
#[derive(Debug, Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    line: Option<i64>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    field: Option<Cow<'a, str>>,
    clean: Option<Value>,
    expected: Expected,
}

/// What the pipeline is expected to do with a fault.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Reject,
    Quarantine,
    Warning,
    Gate,
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Quarantine => "quarantine",
            Self::Warning => "warning",
            Self::Gate => "gate",
        }
    }
}

/// Copies the labels into `ops.fault_labels` and returns how many there are.
///
/// # Errors
/// Exit code 2 with the line that is no label; else as the server says.
pub(crate) async fn copy_labels(tx: &Transaction<'_>, path: &Path) -> anyhow::Result<u64> {
    let shown = path.display();
    let file = File::open(path)
        .map_err(|error| Failure::usage(format!("failed to read `{shown}`: {error}")))?;
    let failed = || format!("failed to run sql/{}", COPY.path);
    let mut sink = pin!(
        tx.copy_in::<_, Bytes>(COPY.text)
            .await
            .with_context(failed)?
    );
    let mut chunk = BytesMut::with_capacity(2 * CHUNK_BYTES);
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    let mut line_number: i64 = 0;
    loop {
        line.clear();
        let length = reader
            .read_line(&mut line)
            .with_context(|| format!("failed to read `{shown}`"))?;
        if length == 0 {
            break;
        }
        line_number += 1;
        let label: Label<'_> = serde_json::from_str(&line).map_err(|error| {
            Failure::usage(format!(
                "line {line_number} of `{shown}` is no label: {error}"
            ))
        })?;
        put_row(&mut chunk, line_number, &label);
        if chunk.len() >= CHUNK_BYTES {
            sink.send(chunk.split().freeze())
                .await
                .with_context(failed)?;
        }
    }
    sink.send(chunk.freeze()).await.with_context(failed)?;
    sink.as_mut().finish().await.with_context(failed)
}

/// A row in the text format of COPY.
fn put_row(chunk: &mut BytesMut, line_number: i64, label: &Label<'_>) {
    let clean = label.clean.as_ref().map(|value| match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    });
    let values = [
        Some(Cow::Owned(line_number.to_string())),
        Some(Cow::Borrowed(label.file.as_ref())),
        label.line.map(|line| Cow::Owned(line.to_string())),
        label.key.as_deref().map(Cow::Borrowed),
        Some(Cow::Borrowed(label.kind.as_ref())),
        label.field.as_deref().map(Cow::Borrowed),
        clean,
        Some(Cow::Borrowed(label.expected.name())),
    ];
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            chunk.put_u8(b'\t');
        }
        match value {
            None => chunk.put_slice(b"\\N"),
            Some(text) => put_text(chunk, text),
        }
    }
    chunk.put_u8(b'\n');
}

/// A value with what COPY would take for its own escaped; a NUL is no character of PostgreSQL.
fn put_text(chunk: &mut BytesMut, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => chunk.put_slice(b"\\\\"),
            b'\t' => chunk.put_slice(b"\\t"),
            b'\n' => chunk.put_slice(b"\\n"),
            b'\r' => chunk.put_slice(b"\\r"),
            0 => {}
            other => chunk.put_u8(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_becomes_a_row_whatever_its_value_holds() {
        let text = r#"{"file":"a.csv","line":3,"key":null,"kind":"null","field":"b","clean":"x\ty\\\n","expected":"warning"}"#;
        let label: Label<'_> = serde_json::from_str(text).expect("a label");
        let mut chunk = BytesMut::new();
        put_row(&mut chunk, 7, &label);
        assert_eq!(chunk, "7\ta.csv\t3\t\\N\tnull\tb\tx\\ty\\\\\\n\twarning\n");
    }
}
