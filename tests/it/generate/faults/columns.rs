//! What the columns of the shop's files hold, as contracts say it.

/// Files of a shop with their keys.
pub(super) const KEYS: [(&str, &[&str]); 13] = [
    ("categories.csv", &["category_id"]),
    ("suppliers.csv", &["supplier_id"]),
    ("stores.csv", &["store_id"]),
    ("sales_representatives.csv", &["sales_rep_id"]),
    ("customers.csv", &["customer_id"]),
    ("products.csv", &["product_id"]),
    ("transactions.csv", &["transaction_id"]),
    ("transaction_items.csv", &["transaction_id", "line_number"]),
    ("payments.csv", &["transaction_id", "payment_sequence"]),
    ("shipments.csv", &["transaction_id", "shipment_id"]),
    ("inventory_movements.csv", &["movement_id"]),
    (
        "inventory_snapshots.csv",
        &["snapshot_date", "product_id", "store_id"],
    ),
    ("web_events.ndjson", &["event_id"]),
];

/// What contracts require or miss with a warning.
pub(super) const NEEDED: [(&str, &[&str]); 12] = [
    ("categories.csv", &["category_name"]),
    ("suppliers.csv", &["supplier_name"]),
    ("stores.csv", &["store_name"]),
    ("sales_representatives.csv", &["sales_rep_name"]),
    (
        "customers.csv",
        &["last_name", "email", "registration_date"],
    ),
    ("products.csv", &["product_name", "category", "price"]),
    ("transactions.csv", &["customer_id", "total_amount"]),
    (
        "transaction_items.csv",
        &["product_id", "quantity", "unit_price", "line_total"],
    ),
    ("payments.csv", &["amount"]),
    ("inventory_movements.csv", &["quantity", "moved_at"]),
    ("inventory_snapshots.csv", &["quantity_on_hand"]),
    ("web_events.ndjson", &["event_type", "occurred_at"]),
];

/// Column and file that refer, and what they refer to.
pub(super) const REFERENCES: [(&str, &str, &str, &str); 17] = [
    (
        "categories.csv",
        "parent_category_id",
        "categories.csv",
        "category_id",
    ),
    (
        "products.csv",
        "category_id",
        "categories.csv",
        "category_id",
    ),
    (
        "products.csv",
        "supplier_id",
        "suppliers.csv",
        "supplier_id",
    ),
    (
        "transactions.csv",
        "customer_id",
        "customers.csv",
        "customer_id",
    ),
    ("transactions.csv", "store_id", "stores.csv", "store_id"),
    (
        "transactions.csv",
        "sales_rep_id",
        "sales_representatives.csv",
        "sales_rep_id",
    ),
    (
        "transaction_items.csv",
        "transaction_id",
        "transactions.csv",
        "transaction_id",
    ),
    (
        "transaction_items.csv",
        "product_id",
        "products.csv",
        "product_id",
    ),
    (
        "transaction_items.csv",
        "supplier_id",
        "suppliers.csv",
        "supplier_id",
    ),
    (
        "payments.csv",
        "transaction_id",
        "transactions.csv",
        "transaction_id",
    ),
    (
        "shipments.csv",
        "transaction_id",
        "transactions.csv",
        "transaction_id",
    ),
    (
        "inventory_movements.csv",
        "product_id",
        "products.csv",
        "product_id",
    ),
    (
        "inventory_movements.csv",
        "store_id",
        "stores.csv",
        "store_id",
    ),
    (
        "inventory_snapshots.csv",
        "product_id",
        "products.csv",
        "product_id",
    ),
    (
        "inventory_snapshots.csv",
        "store_id",
        "stores.csv",
        "store_id",
    ),
    (
        "web_events.ndjson",
        "customer_id",
        "customers.csv",
        "customer_id",
    ),
    (
        "web_events.ndjson",
        "product_id",
        "products.csv",
        "product_id",
    ),
];

/// Numbers that must not be negative. Stock and payments may be, where something went back.
pub(super) const NOT_NEGATIVE: [(&str, &[&str]); 8] = [
    ("suppliers.csv", &["lead_time_days"]),
    ("sales_representatives.csv", &["commission_rate"]),
    ("products.csv", &["price", "cost", "stock_quantity"]),
    ("transactions.csv", &["total_amount"]),
    ("transaction_items.csv", &["unit_price"]),
    ("payments.csv", &["installments"]),
    ("shipments.csv", &["shipping_cost"]),
    ("inventory_snapshots.csv", &["reorder_point"]),
];

/// All columns of numbers.
pub(super) const NUMBERS: [(&str, &[&str]); 9] = [
    ("suppliers.csv", &["lead_time_days"]),
    ("sales_representatives.csv", &["commission_rate"]),
    ("products.csv", &["price", "cost", "stock_quantity"]),
    (
        "transactions.csv",
        &[
            "total_amount",
            "discount_amount",
            "tax_amount",
            "shipping_amount",
        ],
    ),
    (
        "transaction_items.csv",
        &[
            "quantity",
            "unit_price",
            "discount_percentage",
            "line_total",
            "line_number",
        ],
    ),
    (
        "payments.csv",
        &["amount", "installments", "payment_sequence"],
    ),
    ("shipments.csv", &["shipping_cost"]),
    ("inventory_movements.csv", &["quantity", "unit_cost"]),
    (
        "inventory_snapshots.csv",
        &["quantity_on_hand", "reorder_point"],
    ),
];

/// All columns of dates and times.
pub(super) const DATES: [(&str, &[&str]); 10] = [
    ("suppliers.csv", &["updated_at"]),
    ("stores.csv", &["opened_date", "updated_at"]),
    ("sales_representatives.csv", &["updated_at"]),
    (
        "customers.csv",
        &["registration_date", "birth_date", "updated_at"],
    ),
    ("products.csv", &["updated_at"]),
    ("transactions.csv", &["transaction_date", "updated_at"]),
    ("payments.csv", &["paid_at"]),
    (
        "shipments.csv",
        &["shipped_at", "delivered_at", "estimated_delivery_at"],
    ),
    ("inventory_movements.csv", &["moved_at"]),
    ("inventory_snapshots.csv", &["snapshot_date"]),
];
