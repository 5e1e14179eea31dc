//! What the reader makes of contracts, and what it refuses.

mod rules;
mod yaml;

use std::path::Path;

use super::read::read_contract;
use crate::check::{Check, Entity, Operator, Rule};

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n\
                    status: active\nschema:\n  - name: orders\n    properties:\n";
/// Where the first property begins.
const FIRST_LINE: usize = 9;

fn read(text: &str) -> Result<Entity, Vec<String>> {
    let outcome = read_contract(Path::new("orders.odcs.yaml"), text.as_bytes());
    outcome.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn refusals(rest: &str) -> Vec<String> {
    read(&format!("{HEAD}{rest}")).expect_err(rest)
}

/// The only refusal, which begins with file and line and holds the words.
fn assert_refused(rest: &str, line: usize, words: &str) {
    let refusals = refusals(rest);
    let [only] = refusals.as_slice() else {
        panic!("{rest}\n{refusals:?}");
    };
    let start = format!("orders.odcs.yaml:{line}: ");
    assert!(only.starts_with(&start), "{rest}\n{only}");
    assert!(only.contains(words), "{rest}\n{only}");
}

/// A property `a` of a type, with lines below it.
fn property(logical_type: &str, below: &str) -> String {
    format!("      - name: a\n        logicalType: {logical_type}\n{below}")
}

/// A property `a` with one quality item in braces.
fn quality(item: &str) -> String {
    property(
        "string",
        &format!("        quality:\n          - {{{item}}}\n"),
    )
}

fn checks(rest: &str) -> Vec<Check> {
    read(&format!("{HEAD}{rest}")).expect(rest).checks
}

fn only_check(rest: &str) -> Check {
    let mut checks = checks(rest);
    assert_eq!(checks.len(), 1, "{rest}");
    checks.remove(0)
}
