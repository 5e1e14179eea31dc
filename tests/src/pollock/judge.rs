//! What became of a polluted file, beside its clean twin.

use super::corpus::Sample;
use crate::trial::{Outcome, Reject, Row};

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its rows are those of its clean twin.
    Equal,
    /// So are they but for broken lines, each of which is in quarantine with its place.
    Quarantined,
    /// Nothing was loaded, and the message says why.
    Refused,
    /// Anything else.
    Wrong,
}

/// A file's verdict and the grounds of it.
#[derive(Debug)]
pub struct Judgement {
    /// The file.
    pub name: String,
    /// The fault that was planted in it.
    pub fault_class: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was refused, what is wrong, or the rules that its broken lines break.
    pub grounds: Vec<String>,
    /// Each line is a record under the declared dialect.
    pub is_whole: bool,
}

/// A line of data.
struct Line<'a> {
    number: i64,
    bytes: &'a [u8],
    /// The column, from 1, in which it is broken.
    broken: Option<i64>,
}

/// Compares what was loaded with what should have been.
pub(super) fn judge(sample: &Sample, outcome: &Outcome, rows: &[Row]) -> Judgement {
    let lines = lines(sample);
    let (verdict, grounds) = match outcome {
        Outcome::Refused(message) if message.contains(&sample.name) => {
            (Verdict::Refused, vec![kind_of(message)])
        }
        Outcome::Refused(message) => (Verdict::Wrong, vec![format!("names no file: {message}")]),
        Outcome::Read {
            is_blocked,
            rejects,
        } => match compare(sample, &lines, rows, rejects) {
            _ if *is_blocked => (Verdict::Wrong, vec!["it is blocked".to_owned()]),
            Ok(()) if rejects.is_empty() => (Verdict::Equal, Vec::new()),
            Ok(()) => {
                let rules = rejects.iter().map(|it| rule_of(&it.rule).to_owned());
                (Verdict::Quarantined, rules.collect())
            }
            Err(reason) => (Verdict::Wrong, vec![reason]),
        },
    };
    Judgement {
        name: sample.name.clone(),
        fault_class: sample.fault_class(),
        verdict,
        grounds,
        is_whole: lines.iter().all(|it| it.broken.is_none()),
    }
}

fn lines(sample: &Sample) -> Vec<Line<'_>> {
    let width = sample.columns.len();
    let lines = sample.parameters.data_lines(&sample.bytes);
    lines
        .into_iter()
        .map(|(number, bytes)| Line {
            number: signed(number),
            bytes,
            broken: sample.parameters.check_line(bytes, width).err().map(signed),
        })
        .collect()
}

/// Each whole line must be a row with the values of its clean twin, each other line be in
/// quarantine, and there must be nothing else.
fn compare(
    sample: &Sample,
    lines: &[Line<'_>],
    rows: &[Row],
    rejects: &[Reject],
) -> Result<(), String> {
    let (mut rows, mut rejects) = (rows.iter(), rejects.iter());
    for (index, line) in lines.iter().enumerate() {
        let number = line.number;
        if let Some(column) = line.broken {
            let reject = rejects
                .next()
                .ok_or(format!("broken line {number} is not in quarantine"))?;
            compare_reject(line, column, reject)?;
            continue;
        }
        let row = rows.next().ok_or(format!("line {number} was not loaded"))?;
        let clean = sample.clean_rows.get(index).ok_or(format!(
            "line {number} was loaded, but its clean twin has no such row"
        ))?;
        if row.line != number {
            return Err(format!("line {number} was loaded as line {}", row.line));
        }
        let cells = row.cells.iter().map(|it| it.as_deref().unwrap_or_default());
        if !cells.eq(clean.iter().map(String::as_str)) {
            return Err(format!("line {number} is not the row of its clean twin"));
        }
    }
    match (rows.next(), rejects.next()) {
        (None, None) if lines.len() >= sample.clean_rows.len() => Ok(()),
        (Some(row), _) => Err(format!("line {} was loaded though it is none", row.line)),
        (None, Some(it)) => Err(format!("line {} is in quarantine though whole", it.line)),
        (None, None) => Err("the clean twin has more rows".to_owned()),
    }
}

fn compare_reject(line: &Line<'_>, column: i64, reject: &Reject) -> Result<(), String> {
    let number = line.number;
    if reject.line != number {
        return Err(format!(
            "line {number} is broken, but line {} is in quarantine",
            reject.line
        ));
    }
    if reject.raw != line.bytes {
        return Err(format!("line {number} is in quarantine with other bytes"));
    }
    if reject.column != Some(column) {
        return Err(format!(
            "line {number} is broken in column {column}, but quarantine says {:?} ({})",
            reject.column, reject.rule
        ));
    }
    Ok(())
}

/// A rule without the numbers of its case.
fn rule_of(rule: &str) -> &str {
    rule.split(':').next().unwrap_or(rule)
}

/// A refusal without the names and numbers of its case.
fn kind_of(message: &str) -> String {
    let mut kind = String::new();
    // What a message advises to write down is the name of a column again.
    let message = message.replace("[\"", "[`").replace("\"]", "`]");
    for (index, part) in message.split('`').enumerate() {
        if index % 2 == 1 {
            kind.push_str("`…`");
            continue;
        }
        let mut is_number = false;
        for sign in part.chars() {
            if !sign.is_ascii_digit() {
                kind.push(sign);
            } else if !is_number {
                kind.push('N');
            }
            is_number = sign.is_ascii_digit();
        }
    }
    kind
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn refusals_of_one_kind_look_the_same() {
        assert_eq!(
            kind_of("`a.csv`, line 12: `x`; say from = [\"x\"]"),
            "`…`, line N: `…`; say from = [`…`]"
        );
    }
}
