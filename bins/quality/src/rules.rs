//! Rules that look beyond one row: each is a file under `sql/quality/` that returns the `row_id`
//! of the rows that fail, for the batch `$1` (and its source `$2`, where it asks production).

use common::Sql;

/// A rule that contracts call by name.
#[derive(Debug)]
pub struct NamedRule {
    /// The name in a contract's `implementation`.
    pub name: &'static str,
    /// The rows that fail.
    pub sql: Sql,
}

/// All of them.
pub static RULES: [NamedRule; 5] = [
    NamedRule {
        name: "transaction_before_registration",
        sql: common::sql!("quality/transaction_before_registration.sql"),
    },
    NamedRule {
        name: "sale_total_negative",
        sql: common::sql!("quality/sale_total_negative.sql"),
    },
    NamedRule {
        name: "order_total_differs",
        sql: common::sql!("quality/order_total_differs.sql"),
    },
    NamedRule {
        name: "order_without_lines",
        sql: common::sql!("quality/order_without_lines.sql"),
    },
    NamedRule {
        name: "lines_total_differs",
        sql: common::sql!("quality/lines_total_differs.sql"),
    },
];

pub(crate) fn find(name: &str) -> Option<&'static NamedRule> {
    RULES.iter().find(|rule| rule.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}
