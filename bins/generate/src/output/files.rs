//! The shop's files: their names, columns and keys.

/// A file of the shop; a delivery has it whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum File {
    Categories,
    Suppliers,
    Stores,
    SalesRepresentatives,
    Customers,
    Products,
    Transactions,
    TransactionItems,
    Payments,
    Shipments,
    InventoryMovements,
    InventorySnapshots,
    WebEvents,
    Deletes,
}

impl File {
    /// A file comes after those that it refers to.
    pub(crate) const ALL: [Self; 14] = [
        Self::Categories,
        Self::Suppliers,
        Self::Stores,
        Self::SalesRepresentatives,
        Self::Customers,
        Self::Products,
        Self::Transactions,
        Self::TransactionItems,
        Self::Payments,
        Self::Shipments,
        Self::InventoryMovements,
        Self::InventorySnapshots,
        Self::WebEvents,
        Self::Deletes,
    ];

    /// The file's name without its ending, as `generation_metadata.json` counts it.
    pub(crate) fn stem(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::Suppliers => "suppliers",
            Self::Stores => "stores",
            Self::SalesRepresentatives => "sales_representatives",
            Self::Customers => "customers",
            Self::Products => "products",
            Self::Transactions => "transactions",
            Self::TransactionItems => "transaction_items",
            Self::Payments => "payments",
            Self::Shipments => "shipments",
            Self::InventoryMovements => "inventory_movements",
            Self::InventorySnapshots => "inventory_snapshots",
            Self::WebEvents => "web_events",
            Self::Deletes => "deletes",
        }
    }

    /// Whether it has JSON lines instead of a header and records.
    pub(crate) fn is_json(self) -> bool {
        self == Self::WebEvents
    }

    /// The file's name, as it is unpacked.
    pub(crate) fn name(self) -> String {
        let ending = if self.is_json() { "ndjson" } else { "csv" };
        format!("{}.{ending}", self.stem())
    }

    /// The columns, or keys of each line, in their order. Readers rely on it.
    #[rustfmt::skip]
    pub(crate) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Categories => &["category_id", "parent_category_id", "category_name"],
            Self::Suppliers => &[
                "supplier_id", "supplier_name", "city", "state", "country", "lead_time_days",
                "updated_at",
            ],
            Self::Stores => &[
                "store_id", "store_name", "store_type", "manager", "city", "state", "country",
                "region", "opened_date", "updated_at",
            ],
            Self::SalesRepresentatives => &[
                "sales_rep_id", "sales_rep_name", "email", "region", "commission_rate",
                "updated_at",
            ],
            Self::Customers => &[
                "customer_id", "first_name", "last_name", "email", "phone", "registration_date",
                "city", "state", "country", "age_group", "birth_date", "gender", "segment",
                "postal_code", "updated_at",
            ],
            Self::Products => &[
                "product_id", "product_name", "category", "sub_category", "price", "cost", "brand",
                "stock_quantity", "supplier_id", "category_id", "currency", "is_active",
                "updated_at",
            ],
            Self::Transactions => &[
                "transaction_id", "customer_id", "transaction_date", "transaction_time",
                "payment_method", "shipping_address", "total_amount", "status", "store_id",
                "sales_rep_id", "currency", "discount_amount", "tax_amount", "shipping_amount",
                "shipping_city", "shipping_state", "shipping_postal_code", "shipping_country",
                "billing_city", "billing_state", "billing_postal_code", "billing_country",
                "updated_at",
            ],
            Self::TransactionItems => &[
                "item_id", "transaction_id", "product_id", "quantity", "unit_price",
                "discount_percentage", "line_total", "line_number", "supplier_id",
            ],
            Self::Payments => &[
                "transaction_id", "payment_sequence", "payment_method", "installments", "amount",
                "status", "paid_at",
            ],
            Self::Shipments => &[
                "transaction_id", "shipment_id", "carrier", "status", "shipping_cost",
                "shipped_at", "delivered_at", "estimated_delivery_at",
            ],
            Self::InventoryMovements => &[
                "movement_id", "product_id", "store_id", "movement_type", "quantity", "unit_cost",
                "moved_at",
            ],
            Self::InventorySnapshots => &[
                "snapshot_date", "product_id", "store_id", "quantity_on_hand", "reorder_point",
            ],
            Self::WebEvents => &[
                "event_id", "visitor_id", "session_id", "customer_id", "event_type", "product_id",
                "occurred_at", "properties",
            ],
            Self::Deletes => &["entity", "key", "deleted_at"],
        }
    }

    /// Positions of the columns that tell a row from every other.
    pub(crate) fn key(self) -> &'static [usize] {
        match self {
            Self::TransactionItems => &[1, 7],
            Self::Payments | Self::Shipments | Self::Deletes => &[0, 1],
            Self::InventorySnapshots => &[0, 1, 2],
            _ => &[0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_its_own_name_and_a_key_among_its_columns() {
        let mut names: Vec<String> = File::ALL.map(File::name).into();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), File::ALL.len());
        for file in File::ALL {
            let columns = file.columns();
            assert!(file.key().iter().all(|&position| position < columns.len()));
        }
    }
}
