//! What a check asserts and what follows, in words.

use crate::check::{Assertion, Check, Entity, Operator, Rule, Severity};
use crate::explain::row_rules;

pub(super) fn asserts(entity: &Entity, check: &Check) -> String {
    let column = check.column.as_deref().unwrap_or_default();
    match &check.rule {
        Rule::Row { fails } => {
            let fails = fails.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{}; a row fails where {fails}", of_a_row(check, column))
        }
        Rule::KeyConflict => format!(
            "rows of one key ({}) and one time say the same",
            entity.key.join(", ")
        ),
        Rule::KeyDuplicate => format!(
            "a key ({}) is there once; copies and older versions give way to the newest",
            entity.key.join(", ")
        ),
        Rule::Unique { columns } => format!(
            "no row repeats the `{}` of an earlier one",
            columns.join("`, `")
        ),
        Rule::Reference(reference) => format!(
            "`{}` is found in `{}.{}`, among the sound rows of the batch or in production",
            reference.columns.join("`, `"),
            reference.target,
            reference.target_columns.join("+")
        ),
        Rule::Named(rule) => format!("sql/{} returns no row", rule.sql.path),
        Rule::RowCount => format!("the batch brings enough rows of `{}`", entity.name),
        Rule::Query { .. } if is_age(check) => {
            format!("the newest `{column}` that is not in the future is young enough")
        }
        Rule::Query { .. } => "the query's answer is as the contract asks".to_owned(),
    }
}

fn is_age(check: &Check) -> bool {
    let operator = check.threshold.as_ref().map(|it| &it.operator);
    matches!(operator, Some(Operator::Age { .. }))
}

fn of_a_row(check: &Check, column: &str) -> String {
    match check.assertion {
        Assertion::NotNull => format!("`{column}` has a value"),
        Assertion::Range => format!("`{column}` keeps to its bound"),
        Assertion::Length => format!("`{column}` keeps to its length"),
        Assertion::Pattern => format!("`{column}` looks like its pattern"),
        Assertion::AcceptedValues => format!("`{column}` is one of the listed values"),
        _ => "what the contract says of a row is not false".to_owned(),
    }
}

/// What a failure leads to.
pub(super) fn consequence(check: &Check) -> &'static str {
    match (check.severity, check.is_row_rule(), &check.threshold) {
        (Severity::Critical, true, _) => "rows that fail are held back, and the batch is blocked",
        (Severity::Critical | Severity::Error, false, _) => "the batch is blocked",
        (Severity::Error, true, None) => "rows that fail are held back; the batch goes on",
        (Severity::Error, true, Some(_)) => {
            "rows that fail are held back; beyond the threshold the batch is blocked"
        }
        (Severity::Warning | Severity::Info, _, _) => "it is reported; nothing is held back",
    }
}

/// How the statement shown differs from the one that runs.
pub(super) fn sql_note(entity: &Entity, check: &Check) -> Option<String> {
    match check.rule {
        Rule::Row { .. } => Some(format!(
            "the part of this check in the one scan for all {} row rules of `{}`",
            row_rules(entity),
            entity.name
        )),
        Rule::RowCount => Some("the number that stage counted; no table is scanned".to_owned()),
        Rule::KeyConflict | Rule::KeyDuplicate => {
            Some("one pass finds conflicts and copies of keys alike".to_owned())
        }
        _ => None,
    }
}
