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
pub static RULES: [NamedRule; 20] = [
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
    NamedRule {
        name: "order_payments_differ",
        sql: common::sql!("quality/order_payments_differ.sql"),
    },
    NamedRule {
        name: "payments_total_differs",
        sql: common::sql!("quality/payments_total_differs.sql"),
    },
    NamedRule {
        name: "refund_above_payment",
        sql: common::sql!("quality/refund_above_payment.sql"),
    },
    NamedRule {
        name: "return_above_sale",
        sql: common::sql!("quality/return_above_sale.sql"),
    },
    NamedRule {
        name: "stock_unbalanced",
        sql: common::sql!("quality/stock_unbalanced.sql"),
    },
    NamedRule {
        name: "payment_before_order",
        sql: common::sql!("quality/payment_before_order.sql"),
    },
    NamedRule {
        name: "shipment_before_order",
        sql: common::sql!("quality/shipment_before_order.sql"),
    },
    NamedRule {
        name: "shipment_before_payment",
        sql: common::sql!("quality/shipment_before_payment.sql"),
    },
    NamedRule {
        name: "customer_email_repeated",
        sql: common::sql!("quality/customer_email_repeated.sql"),
    },
    NamedRule {
        name: "customer_person_repeated",
        sql: common::sql!("quality/customer_person_repeated.sql"),
    },
    NamedRule {
        name: "transaction_repeated",
        sql: common::sql!("quality/transaction_repeated.sql"),
    },
    NamedRule {
        name: "payment_repeated",
        sql: common::sql!("quality/payment_repeated.sql"),
    },
    NamedRule {
        name: "product_repeated",
        sql: common::sql!("quality/product_repeated.sql"),
    },
    NamedRule {
        name: "transaction_late",
        sql: common::sql!("quality/transaction_late.sql"),
    },
    NamedRule {
        name: "deletion_unknown",
        sql: common::sql!("quality/deletion_unknown.sql"),
    },
];

pub(crate) fn find(name: &str) -> Option<&'static NamedRule> {
    RULES.iter().find(|rule| rule.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}
