//! The statements that publish a batch, in dependency order.

use common::{Sql, sql};

/// What a statement does to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The dataset's own rows; booked in the ledger.
    Upsert,
    /// Every version that the batch brought, into the append-only log; and what it says of members
    /// that are gone or come again.
    Changes,
    /// Members that something refers to and nobody has brought yet.
    Stubs,
    /// What the source deleted, what vanished from it, and parts of an order that the batch
    /// restates without them; beside the ledger.
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

const fn changes(reads: &'static [&'static str], sql: Sql) -> Model {
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

const fn deletions(reads: &'static [&'static str], sql: Sql) -> Model {
    Model {
        kind: Kind::Deletions,
        dataset: reads[0],
        reads,
        sql,
    }
}

/// A table comes after the tables that it refers to. Stubs come after the real rows of their
/// table; those of the category tree before, since a category refers to its own table.
///
/// What the source deleted is known before any row is written. A mark comes after the rows that it
/// marks, and in a log the end of a member after its versions.
pub(crate) const MODELS: [Model; 53] = [
    upsert(&["deletes"], sql!("production/upsert_deletes.sql")),
    stubs(
        "categories",
        &["categories", "products"],
        sql!("production/insert_categories_stubs.sql"),
    ),
    upsert(&["categories"], sql!("production/upsert_categories.sql")),
    deletions(
        &["categories", "deletes"],
        sql!("production/mark_deleted_categories.sql"),
    ),
    deletions(
        &["categories"],
        sql!("production/mark_vanished_categories.sql"),
    ),
    upsert(&["suppliers"], sql!("production/upsert_suppliers.sql")),
    deletions(
        &["suppliers", "deletes"],
        sql!("production/mark_deleted_suppliers.sql"),
    ),
    deletions(
        &["suppliers"],
        sql!("production/mark_vanished_suppliers.sql"),
    ),
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
    changes(
        &["customers", "deletes"],
        sql!("production/close_deleted_customers.sql"),
    ),
    deletions(
        &["customers", "deletes"],
        sql!("production/mark_deleted_customers.sql"),
    ),
    deletions(
        &["customers"],
        sql!("production/mark_vanished_customers.sql"),
    ),
    changes(&["customers"], sql!("production/reopen_customers.sql")),
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
    changes(
        &["products", "deletes"],
        sql!("production/close_deleted_products.sql"),
    ),
    deletions(
        &["products", "deletes"],
        sql!("production/mark_deleted_products.sql"),
    ),
    deletions(&["products"], sql!("production/mark_vanished_products.sql")),
    changes(&["products"], sql!("production/reopen_products.sql")),
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
    changes(
        &["stores", "deletes"],
        sql!("production/close_deleted_stores.sql"),
    ),
    deletions(
        &["stores", "deletes"],
        sql!("production/mark_deleted_stores.sql"),
    ),
    deletions(&["stores"], sql!("production/mark_vanished_stores.sql")),
    changes(&["stores"], sql!("production/reopen_stores.sql")),
    stubs(
        "stores",
        &["transactions", "inventory_movements", "inventory_snapshots"],
        sql!("production/insert_stores_stubs.sql"),
    ),
    upsert(
        &["sales_representatives"],
        sql!("production/upsert_sales_representatives.sql"),
    ),
    deletions(
        &["sales_representatives", "deletes"],
        sql!("production/mark_deleted_sales_representatives.sql"),
    ),
    deletions(
        &["sales_representatives"],
        sql!("production/mark_vanished_sales_representatives.sql"),
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
        &["transactions", "deletes"],
        sql!("production/mark_deleted_transactions.sql"),
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
    deletions(
        &["inventory_movements", "deletes"],
        sql!("production/mark_deleted_inventory_movements.sql"),
    ),
    deletions(
        &["inventory_movements"],
        sql!("production/mark_vanished_inventory_movements.sql"),
    ),
    upsert(
        &["inventory_snapshots"],
        sql!("production/upsert_inventory_snapshots.sql"),
    ),
    deletions(
        &["inventory_snapshots"],
        sql!("production/mark_vanished_inventory_snapshots.sql"),
    ),
    upsert(&["web_events"], sql!("production/upsert_web_events.sql")),
    deletions(
        &["web_events", "deletes"],
        sql!("production/mark_deleted_web_events.sql"),
    ),
    deletions(
        &["web_events"],
        sql!("production/mark_vanished_web_events.sql"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    const DELETES: &str = "deletes";

    #[test]
    fn logs_and_deletions_follow_their_own_table() {
        for (index, model) in MODELS.iter().enumerate() {
            if matches!(model.kind, Kind::Changes | Kind::Deletions) {
                let before = MODELS[index - 1];
                assert_eq!(before.dataset, model.dataset);
                assert_ne!(before.kind, Kind::Stubs);
            }
        }
    }

    /// Goal: what can be deleted is marked, and what can vanish too.
    #[test]
    fn every_entity_is_published_and_can_vanish() {
        let upserts = MODELS.iter().filter(|model| model.kind == Kind::Upsert);
        let datasets: Vec<&str> = upserts.map(|model| model.dataset).collect();
        assert_eq!(datasets.len(), 14);
        assert_eq!(datasets[0], DELETES);
        for dataset in &datasets[1..] {
            let path = format!("production/mark_vanished_{dataset}.sql");
            assert!(MODELS.iter().any(|it| it.sql.path == path), "{dataset}");
        }
        let reads_deletes = |it: &&Model| it.kind == Kind::Deletions && it.reads.contains(&DELETES);
        assert_eq!(MODELS.iter().filter(reads_deletes).count(), 9);
    }
}
