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
                let rules = rejects.iter().map(|it| it.rule.clone());
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
    use super::super::dialect::Parameters;
    use super::{Verdict, judge, kind_of};
    use crate::pollock::Sample;
    use crate::trial::{Outcome, Reject, Row};

    /// Line 3 is broken in column 2.
    fn sample() -> Sample {
        let row = |it: &str| vec![it.to_owned(), String::new()];
        Sample {
            name: "row_extra_quote2_col1.csv".to_owned(),
            bytes: b"a,b\n1,\n2,\"x\"y\n3,\n".to_vec(),
            parameters: Parameters {
                delimiter: ",".to_owned(),
                quotechar: "\"".to_owned(),
                escapechar: "\"".to_owned(),
                row_delimiter: "\r\n".to_owned(),
                header_lines: 1,
                preamble_lines: 0,
                footnote_lines: 0,
                column_names: Vec::new(),
            },
            columns: vec!["a".to_owned(), "b".to_owned()],
            clean_rows: vec![row("1"), row("2"), row("3")],
        }
    }

    fn row(line: i64, text: &str) -> Row {
        Row {
            line,
            number: line - 1,
            cells: vec![Some(text.to_owned()), None],
        }
    }

    fn reject(line: i64, column: Option<i64>, raw: &[u8]) -> Reject {
        Reject {
            file: "row_extra_quote2_col1.csv".to_owned(),
            line,
            column,
            rule: "csv.text_after_quote".to_owned(),
            raw: raw.to_vec(),
        }
    }

    fn verdict(rows: &[Row], rejects: Vec<Reject>) -> Verdict {
        let outcome = Outcome::Read {
            is_blocked: false,
            rejects,
        };
        judge(&sample(), &outcome, rows).verdict
    }

    /// Goal: nothing but the right rows and the right place passes.
    #[test]
    fn what_is_lost_changed_or_misplaced_is_wrong() {
        const RAW: &[u8] = b"2,\"x\"y";
        let right = || vec![reject(3, Some(2), RAW)];
        let rows = [row(2, "1"), row(4, "3")];
        assert_eq!(verdict(&rows, right()), Verdict::Quarantined);
        for (rows, rejects) in [
            (vec![row(2, "1"), row(4, "3")], vec![]),
            (
                vec![row(2, "1"), row(4, "3")],
                vec![reject(4, Some(2), RAW)],
            ),
            (
                vec![row(2, "1"), row(4, "3")],
                vec![reject(3, Some(1), RAW)],
            ),
            (vec![row(2, "1"), row(4, "3")], vec![reject(3, None, RAW)]),
            (
                vec![row(2, "1"), row(4, "3")],
                vec![reject(3, Some(2), b"2,")],
            ),
            (vec![row(2, "1")], right()),
            (vec![row(4, "3"), row(2, "1")], right()),
            (vec![row(2, "1"), row(5, "3")], right()),
            (vec![row(2, "1"), row(4, "x")], right()),
            (vec![row(2, "1"), row(3, "2"), row(4, "3")], vec![]),
            (vec![row(2, "1"), row(4, "3"), row(5, "4")], right()),
        ] {
            let found = verdict(&rows, rejects.clone());
            assert_eq!(found, Verdict::Wrong, "{rows:?} {rejects:?}");
        }
    }

    #[test]
    fn a_refusal_must_name_its_file() {
        for (message, expected) in [
            ("`row_extra_quote2_col1.csv`, line 3: no", Verdict::Refused),
            ("line 3: no", Verdict::Wrong),
        ] {
            let outcome = Outcome::Refused(message.to_owned());
            assert_eq!(judge(&sample(), &outcome, &[]).verdict, expected);
        }
    }

    #[test]
    fn refusals_of_one_kind_look_the_same() {
        assert_eq!(
            kind_of("`a.csv`, line 12: `x`; say from = [\"x\"]"),
            "`…`, line N: `…`; say from = [`…`]"
        );
    }
}
