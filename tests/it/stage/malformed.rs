//! Malformed files of our own making, each with what must become of it.
//!
//! A kind makes a file with any line break; its rows, lines and columns are the same for all.

mod bytes;
mod headers;
mod json;
mod kind;
mod lines;
mod packed;
mod quotes;
mod values;

use std::collections::BTreeSet;

use tests::trial::{Outcome, Trial};

use self::kind::{Kind, Verdict};

/// Kinds that the table holds at least, and files that are made of them.
const KINDS_MIN: usize = 75;
const FILES_MIN: usize = 150;

fn kinds() -> Vec<Kind> {
    let kinds = [
        quotes::kinds(),
        lines::kinds(),
        headers::kinds(),
        bytes::kinds(),
        packed::kinds(),
        values::kinds(),
        json::kinds(),
    ];
    kinds.into_iter().flatten().collect()
}

/// Goal: each file is right, refused or quarantined as its kind says; lines and columns are exact.
#[tokio::test]
async fn each_malformed_file_is_right_or_refused_or_in_quarantine() {
    let trial = Trial::new().await;
    let (mut failures, mut files) = (Vec::new(), 0);
    let kinds = kinds();
    for (number, kind) in kinds.iter().enumerate() {
        for line_break in &kind.line_breaks {
            files += 1;
            let source = format!("kind_{number}");
            if let Err(reason) = try_one(&trial, kind, source, line_break).await {
                failures.push(format!("{} with {line_break:?}: {reason}", kind.name));
            }
        }
    }
    let names: BTreeSet<&str> = kinds.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), kinds.len(), "a kind's name is its own");
    assert!(kinds.len() >= KINDS_MIN && files >= FILES_MIN);
    assert!(
        failures.is_empty(),
        "{} of {files} files became something else:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

async fn try_one(
    trial: &Trial,
    kind: &Kind,
    source: String,
    line_break: &str,
) -> Result<(), String> {
    let delivery = kind.delivery(source, line_break);
    let outcome = trial
        .run(&delivery)
        .await
        .map_err(|error| format!("failed: {error:#}"))?;
    match outcome {
        Outcome::Refused(message) => {
            let landed = trial.landed_row_count(&delivery.source).await;
            match landed.map_err(|error| format!("{error:#}"))? {
                0 => kind.check_refusal(&message),
                count => Err(format!("refused, but {count} rows landed: {message}")),
            }
        }
        Outcome::Read {
            is_blocked,
            rejects,
        } => {
            let columns = kind.column_names();
            let rows = trial
                .rows(&delivery.source, kind::TABLE, &columns)
                .await
                .map_err(|error| format!("{error:#}"))?;
            kind.check_read(is_blocked, &rows, &rejects, line_break)
        }
    }
}

/// Goal: the table is known to bite: with another verdict each kind fails.
#[test]
fn a_kind_that_became_something_else_is_told() {
    for kind in kinds() {
        let is_refusal = matches!(kind.verdict, Verdict::Refuses(_));
        let told = if is_refusal {
            kind.check_read(false, &[], &[], "\n")
        } else {
            kind.check_refusal("`t.csv` is refused")
        };
        assert!(told.is_err(), "{}", kind.name);
    }
}
