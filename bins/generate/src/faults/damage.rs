//! Faults of whole files: done to the bytes of a file that is finished.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use rand::Rng;

use super::days;
use super::kind::Kind;
use super::label::{Expected, Label};
use crate::output::File;
use crate::random::between;
use crate::settings::Settings;

/// A column that no contract knows, as it would come with a new version of a shop's software.
const NEW_COLUMN: &str = "loyalty_points";
const NEW_VALUE: &str = "0";
/// The part of a file's rows that is left at least and at most when it is cut off, in percent.
const KEPT_PCT: (u64, u64) = (50, 95);

/// What is done to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFault {
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Renamed {
        column: &'static str,
        position: usize,
    },
    Added,
    /// So much of the rows stays whole, in percent, and the next row in part.
    Cut {
        kept_pct: u64,
    },
}

/// The files that can have a fault, each with the number of its delivery: those with a header, and
/// with rows on every day. Orders with a day at fault, or that come late, have labels of that, and a
/// file that is refused as a whole must not have any other.
pub(super) fn candidates(settings: &Settings) -> Vec<(usize, File)> {
    let daily = [
        File::Transactions,
        File::TransactionItems,
        File::Payments,
        File::InventoryMovements,
    ];
    let odd: BTreeSet<usize> = days::draw(settings)
        .into_keys()
        .map(|day| days::release(settings, day))
        .collect();
    let are_late = days::late_share(settings) > 0.0;
    let is_labelled = |release: usize, file: File| {
        // The first delivery is of orders that were never late.
        file == File::Transactions && (odd.contains(&release) || are_late && release > 0)
    };
    let first = File::ALL
        .into_iter()
        .filter(|file| !file.is_json() && *file != File::Deletes)
        .map(|file| (0, file));
    let later = (1..settings.days as usize).flat_map(|release| daily.map(|file| (release, file)));
    first
        .chain(later)
        .filter(|&(release, file)| !is_labelled(release, file))
        .collect()
}

impl FileFault {
    /// A fault of that kind.
    pub(super) fn draw(kind: Kind, file: File, rng: &mut impl Rng) -> Self {
        let columns = file.columns();
        let change = match kind {
            Kind::Truncated => Change::Cut {
                kept_pct: between(rng, KEPT_PCT.0, KEPT_PCT.1),
            },
            _ if between(rng, 0, 1) == 0 => Change::Added,
            _ => {
                let position = between(rng, 1, columns.len() as u64 - 1) as usize;
                let column = columns[position];
                Change::Renamed { column, position }
            }
        };
        Self { change }
    }

    /// Its label, which concerns no single line, for a file that had so many rows.
    pub(crate) fn label(&self, row_count: u64) -> Label {
        let (kind, field, clean) = match &self.change {
            Change::Renamed { column, .. } => {
                (Kind::Drift, Some(*column), Some((*column).to_owned()))
            }
            Change::Added => (Kind::Drift, None, None),
            Change::Cut { kept_pct } => {
                let lost = row_count - kept(row_count, *kept_pct);
                (Kind::Truncated, None, Some(lost.to_string()))
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

    /// Copies the unpacked file of so many rows, damaged; a line at a time, so that memory stays
    /// flat.
    pub(crate) fn copy(
        &self,
        row_count: u64,
        mut input: impl BufRead,
        mut output: impl Write,
    ) -> io::Result<()> {
        let mut line = Vec::new();
        let mut lines_before = 0;
        while input.read_until(b'\n', &mut line)? > 0 {
            let is_header = lines_before == 0;
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
                // A file without rows is cut off in its header.
                Change::Cut { kept_pct }
                    if row_count == 0 || lines_before > kept(row_count, *kept_pct) =>
                {
                    return output.write_all(&line[..line.len() / 2]);
                }
                Change::Cut { .. } => output.write_all(&line)?,
            }
            lines_before += 1;
            line.clear();
        }
        Ok(())
    }
}

/// Rows that stay whole: never all of them.
fn kept(row_count: u64, kept_pct: u64) -> u64 {
    row_count * kept_pct / 100
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

    fn damaged(change: Change) -> anyhow::Result<(String, Label)> {
        let fault = FileFault { change };
        let mut out = Vec::new();
        fault.copy(3, TEXT.as_bytes(), &mut out)?;
        Ok((String::from_utf8(out)?, fault.label(3)))
    }

    #[test]
    fn a_file_that_is_cut_off_ends_inside_of_a_record() -> anyhow::Result<()> {
        let (text, label) = damaged(Change::Cut { kept_pct: 50 })?;

        assert_eq!(
            text,
            "category_id,parent_category_id,category_name\nCAT001,,Books\nCAT002"
        );
        assert_eq!(label.clean.as_deref(), Some("2"));
        Ok(())
    }

    #[test]
    fn a_file_without_rows_is_cut_off_in_its_header() -> anyhow::Result<()> {
        let fault = FileFault {
            change: Change::Cut { kept_pct: 95 },
        };
        let mut out = Vec::new();
        fault.copy(0, "entity,key\n".as_bytes(), &mut out)?;

        assert_eq!(out, b"entit");
        assert_eq!(fault.label(0).clean.as_deref(), Some("0"));
        Ok(())
    }

    #[test]
    fn drift_renames_a_column_or_adds_one() -> anyhow::Result<()> {
        let (text, label) = damaged(Change::Renamed {
            column: "category_name",
            position: 2,
        })?;
        assert!(text.starts_with("category_id,parent_category_id,category_name_new\nCAT001,"));
        assert_eq!(label.field, Some("category_name"));

        let (text, _) = damaged(Change::Added)?;
        assert!(text.starts_with("category_id,parent_category_id,category_name,loyalty_points\n"));
        assert!(text.ends_with("\nCAT003,CAT001,Novels,0\n"));
        Ok(())
    }
}
