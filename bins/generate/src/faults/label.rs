//! Labels: what `faults.jsonl` says of each planted fault.

use csv::ByteRecord;
use serde::Serialize;

use super::kind::Kind;
use crate::output::File;

/// What the pipeline is expected to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expected {
    /// `stage` refuses the record, or the file where no line is named.
    Reject,
    /// `quality` holds the row back.
    Quarantine,
    /// A finding; the row goes on, or a sound copy of it does.
    Warning,
    /// `quality` lets nothing of the batch pass.
    Gate,
}

/// One planted fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    /// Natural key of the row, its parts joined by "/"; a date; none for a file.
    pub(crate) key: Option<String>,
    pub(crate) kind: Kind,
    /// Where a single column is concerned.
    pub(crate) field: Option<&'static str>,
    /// What would stand there without the fault; none where the whole row would not.
    pub(crate) clean: Option<String>,
    pub(crate) expected: Expected,
}

/// Labels of rows, each with the number of rows before its own.
pub(crate) type Labels = Vec<(u64, Label)>;

/// A line of `faults.jsonl`, with its keys in order.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    line: Option<u64>,
    #[serde(flatten)]
    label: &'a Label,
}

impl Label {
    /// Of the header of an order that is delivered late; its row is as it should be.
    pub(crate) fn late(order: &ByteRecord) -> Self {
        let date = position(File::Transactions, "transaction_date").and_then(|at| order.get(at));
        Self {
            key: Some(natural_key(File::Transactions, order)),
            kind: Kind::Late,
            field: Some("transaction_date"),
            clean: date.map(text),
            expected: Expected::Warning,
        }
    }

    /// Appends its line: `file` is a path below the output folder, `line` counts the header as 1.
    pub(crate) fn write(
        &self,
        file: &str,
        line: Option<u64>,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        serde_json::to_writer(
            &mut *out,
            &Line {
                file,
                line,
                label: self,
            },
        )?;
        out.push(b'\n');
        Ok(())
    }
}

/// The values of the key's columns, joined by "/".
pub(super) fn natural_key(file: File, row: &ByteRecord) -> String {
    let parts: Vec<String> = file
        .key()
        .iter()
        .map(|&at| row.get(at).map(text).unwrap_or_default())
        .collect();
    parts.join("/")
}

pub(super) fn position(file: File, column: &str) -> Option<usize> {
    file.columns().iter().position(|name| *name == column)
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_with_its_keys_in_order() -> anyhow::Result<()> {
        let label = Label {
            key: Some("TXN00016".to_owned()),
            kind: Kind::Null,
            field: Some("customer_id"),
            clean: Some("CUST0007".to_owned()),
            expected: Expected::Warning,
        };
        let mut out = Vec::new();
        label.write("transactions.csv", Some(17), &mut out)?;

        assert_eq!(
            String::from_utf8(out)?,
            "{\"file\":\"transactions.csv\",\"line\":17,\"key\":\"TXN00016\",\"kind\":\"null\",\
             \"field\":\"customer_id\",\"clean\":\"CUST0007\",\"expected\":\"warning\"}\n"
        );
        Ok(())
    }

    #[test]
    fn a_late_order_is_labelled_with_the_day_on_which_it_was_due() {
        let mut row = vec![""; File::Transactions.columns().len()];
        row[0] = "TXN00016";
        row[2] = "2025-03-09";
        let label = Label::late(&ByteRecord::from(row));

        assert_eq!(label.key.as_deref(), Some("TXN00016"));
        assert_eq!(label.clean.as_deref(), Some("2025-03-09"));
    }
}
