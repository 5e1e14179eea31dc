//! The statements that publish a batch, in dependency order.

use common::{Sql, sql};

/// What a statement does to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The dataset's own rows; booked in the ledger.
    Upsert,
    /// Every version that the batch brought, into the append-only log.
    Changes,
    /// Members that something refers to and nobody has brought yet.
    Stubs,
    /// Parts of an order that the batch restates without them; beside the ledger.
    Deletions,
}

/// One statement of a publication.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model {
    pub(crate) kind: Kind,
    /// The entity that it writes.
    pub(crate) dataset: &'static str,
    /// Run only when the batch staged one of these.
    pub(crate) reads: &'static [&'static str],
    pub(crate) sql: Sql,
}

const fn upsert(reads: &'static [&'static str; 1], sql: Sql) -> Model {
    Model {
        kind: Kind::Upsert,
        dataset: reads[0],
        reads,
        sql,
    }
}

const fn changes(reads: &'static [&'static str; 1], sql: Sql) -> Model {
    Model {
        kind: Kind::Changes,
        dataset: reads[0],
        reads,
        sql,
    }
}

const fn stubs(dataset: &'static str, reads: &'static [&'static str], sql: Sql) -> Model {
    Model {
        kind: Kind::Stubs,
        dataset,
        reads,
        sql,
    }
}

const fn deletions(reads: &'static [&'static str; 1], sql: Sql) -> Model {
    Model {
        kind: Kind::Deletions,
        dataset: reads[0],
        reads,
        sql,
    }
}

/// A table comes after the tables that it refers to. Stubs come after the real rows of their
/// table; those of the category tree before, since a category refers to its own table.
pub(crate) const MODELS: [Model; 28] = [
    stubs(
        "categories",
        &["categories", "products"],
        sql!("production/insert_categories_stubs.sql"),
    ),
    upsert(&["categories"], sql!("production/upsert_categories.sql")),
    upsert(&["suppliers"], sql!("production/upsert_suppliers.sql")),
    stubs(
        "suppliers",
        &["products", "transaction_items"],
        sql!("production/insert_suppliers_stubs.sql"),
    ),
    upsert(&["customers"], sql!("production/upsert_customers.sql")),
    changes(
        &["customers"],
        sql!("production/append_customers_changes.sql"),
    ),
    stubs(
        "customers",
        &["transactions", "web_events"],
        sql!("production/insert_customers_stubs.sql"),
    ),
    upsert(&["products"], sql!("production/upsert_products.sql")),
    changes(
        &["products"],
        sql!("production/append_products_changes.sql"),
    ),
    stubs(
        "products",
        &[
            "transaction_items",
            "inventory_movements",
            "inventory_snapshots",
            "web_events",
        ],
        sql!("production/insert_products_stubs.sql"),
    ),
    upsert(&["stores"], sql!("production/upsert_stores.sql")),
    changes(&["stores"], sql!("production/append_stores_changes.sql")),
    stubs(
        "stores",
        &["transactions", "inventory_movements", "inventory_snapshots"],
        sql!("production/insert_stores_stubs.sql"),
    ),
    upsert(
        &["sales_representatives"],
        sql!("production/upsert_sales_representatives.sql"),
    ),
    stubs(
        "sales_representatives",
        &["transactions"],
        sql!("production/insert_sales_representatives_stubs.sql"),
    ),
    upsert(
        &["transactions"],
        sql!("production/upsert_transactions.sql"),
    ),
    deletions(
        &["transactions"],
        sql!("production/mark_vanished_transactions.sql"),
    ),
    upsert(
        &["transaction_items"],
        sql!("production/upsert_transaction_items.sql"),
    ),
    deletions(
        &["transaction_items"],
        sql!("production/mark_transaction_items_deleted.sql"),
    ),
    deletions(
        &["transaction_items"],
        sql!("production/mark_vanished_transaction_items.sql"),
    ),
    upsert(&["payments"], sql!("production/upsert_payments.sql")),
    deletions(&["payments"], sql!("production/mark_payments_deleted.sql")),
    deletions(&["payments"], sql!("production/mark_vanished_payments.sql")),
    upsert(&["shipments"], sql!("production/upsert_shipments.sql")),
    deletions(
        &["shipments"],
        sql!("production/mark_vanished_shipments.sql"),
    ),
    upsert(
        &["inventory_movements"],
        sql!("production/upsert_inventory_movements.sql"),
    ),
    upsert(
        &["inventory_snapshots"],
        sql!("production/upsert_inventory_snapshots.sql"),
    ),
    upsert(&["web_events"], sql!("production/upsert_web_events.sql")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_and_deletions_follow_their_own_table() {
        for (index, model) in MODELS.iter().enumerate() {
            if matches!(model.kind, Kind::Changes | Kind::Deletions) {
                let before = MODELS[index - 1];
                assert_eq!(before.dataset, model.dataset);
                assert!(matches!(before.kind, Kind::Upsert | Kind::Deletions));
            }
        }
    }

    #[test]
    fn all_thirteen_entities_are_published() {
        let count = MODELS
            .iter()
            .filter(|model| model.kind == Kind::Upsert)
            .count();
        assert_eq!(count, 13);
    }
}
