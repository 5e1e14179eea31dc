//! Faults of whole files: done to the bytes of a file that is finished.

use std::io::{self, BufRead, Write};

use rand::Rng;

use super::kind::Kind;
use super::label::{Expected, Label};
use crate::output::files::File;
use crate::random::between;

/// A column that no contract knows, as it would come with a new version of a shop's software.
const NEW_COLUMN: &str = "loyalty_points";
const NEW_VALUE: &str = "0";
/// The part of a file's rows that is left at least and at most when it is cut off, in percent.
const KEPT_PCT: (u64, u64) = (50, 95);

/// A file that was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    /// Its path below the output folder.
    pub(crate) name: &'a str,
    pub(crate) file: File,
    /// Records, planted ones too.
    pub(crate) row_count: u64,
}

/// What is done to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFault {
    /// The file's path below the output folder.
    pub(crate) name: String,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Renamed {
        column: &'static str,
        position: usize,
    },
    Added,
    /// So many rows stay whole, and the next one in part.
    Cut {
        kept: u64,
        row_count: u64,
    },
}

impl FileFault {
    /// A fault of that kind, if the file can have it.
    pub(super) fn draw(kind: Kind, written: &Written<'_>, rng: &mut impl Rng) -> Option<Self> {
        if !can_have(kind, written) {
            return None;
        }
        let rows = written.row_count;
        let columns = written.file.columns();
        let change = match kind {
            Kind::Truncated => Change::Cut {
                kept: (rows * between(rng, KEPT_PCT.0, KEPT_PCT.1) / 100).min(rows - 1),
                row_count: rows,
            },
            _ if between(rng, 0, 1) == 0 => Change::Added,
            _ => {
                let position = between(rng, 1, columns.len() as u64 - 1) as usize;
                let column = columns[position];
                Change::Renamed { column, position }
            }
        };
        Some(Self {
            name: written.name.to_owned(),
            change,
        })
    }

    /// Its label; `line` is none in `faults.jsonl`.
    pub(crate) fn label(&self) -> Label {
        let (kind, field, clean) = match &self.change {
            Change::Renamed { column, .. } => {
                (Kind::Drift, Some(*column), Some((*column).to_owned()))
            }
            Change::Added => (Kind::Drift, None, None),
            Change::Cut { kept, row_count } => {
                (Kind::Truncated, None, Some((row_count - kept).to_string()))
            }
        };
        Label {
            key: None,
            kind,
            field,
            clean,
            expected: Expected::Reject,
        }
    }

    /// Whether that physical line is still there, the header being 1: faults that were planted
    /// behind the cut are gone with their lines, and so are their labels.
    pub(crate) fn keeps_line(&self, line: u64) -> bool {
        match self.change {
            Change::Cut { kept, .. } => line <= kept + 1,
            Change::Renamed { .. } | Change::Added => true,
        }
    }

    /// Copies the unpacked file, damaged; a line at a time, so that memory stays flat.
    pub(crate) fn copy(&self, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
        let mut line = Vec::new();
        let mut line_number = 0;
        while input.read_until(b'\n', &mut line)? > 0 {
            line_number += 1;
            let is_header = line_number == 1;
            match &self.change {
                Change::Renamed { position, .. } if is_header => {
                    output.write_all(&with_renamed(&line, *position))?;
                }
                Change::Renamed { .. } => output.write_all(&line)?,
                Change::Added => {
                    let added = if is_header { NEW_COLUMN } else { NEW_VALUE };
                    output.write_all(line.strip_suffix(b"\n").unwrap_or(&line))?;
                    writeln!(output, ",{added}")?;
                }
                Change::Cut { .. } if self.keeps_line(line_number) => output.write_all(&line)?,
                Change::Cut { .. } => return output.write_all(&line[..line.len() / 2]),
            }
            line.clear();
        }
        Ok(())
    }
}

/// Lines of JSON have no header; a file without a row has nothing to lose.
fn can_have(kind: Kind, written: &Written<'_>) -> bool {
    match kind {
        Kind::Drift => !written.file.is_json() && written.file != File::Deletes,
        _ => !written.file.is_json() && written.row_count > 1,
    }
}

/// The header with `<column>_new` in place of a column, which is never the first, so that the file
/// is still known by its key. Names need no quotes.
fn with_renamed(header: &[u8], position: usize) -> Vec<u8> {
    let ending: &[u8] = if header.ends_with(b"\n") { b"\n" } else { b"" };
    let names = header
        .strip_suffix(b"\n")
        .unwrap_or(header)
        .split(|&byte| byte == b',');
    let renamed: Vec<Vec<u8>> = names
        .enumerate()
        .map(|(at, name)| {
            let suffix: &[u8] = if at == position { b"_new" } else { b"" };
            [name, suffix].concat()
        })
        .collect();
    [renamed.join(&b','), ending.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "category_id,parent_category_id,category_name\n\
                        CAT001,,Books\nCAT002,,Tea\nCAT003,CAT001,Novels\n";

    fn damaged(change: Change) -> anyhow::Result<(String, FileFault)> {
        let fault = FileFault {
            name: "categories.csv".to_owned(),
            change,
        };
        let mut out = Vec::new();
        fault.copy(TEXT.as_bytes(), &mut out)?;
        Ok((String::from_utf8(out)?, fault))
    }

    #[test]
    fn a_file_that_is_cut_off_ends_inside_of_a_record() -> anyhow::Result<()> {
        let (text, fault) = damaged(Change::Cut {
            kept: 1,
            row_count: 3,
        })?;

        assert_eq!(
            text,
            "category_id,parent_category_id,category_name\nCAT001,,Books\nCAT002"
        );
        assert_eq!(fault.label().clean.as_deref(), Some("2"));
        assert!(fault.keeps_line(2) && !fault.keeps_line(3));
        Ok(())
    }

    #[test]
    fn drift_renames_a_column_or_adds_one() -> anyhow::Result<()> {
        let (text, fault) = damaged(Change::Renamed {
            column: "category_name",
            position: 2,
        })?;
        assert!(text.starts_with("category_id,parent_category_id,category_name_new\nCAT001,"));
        assert_eq!(fault.label().field, Some("category_name"));

        let (text, _) = damaged(Change::Added)?;
        assert!(text.starts_with("category_id,parent_category_id,category_name,loyalty_points\n"));
        assert!(text.ends_with("\nCAT003,CAT001,Novels,0\n"));
        Ok(())
    }
}
