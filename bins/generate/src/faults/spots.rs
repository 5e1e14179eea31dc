//! Every place in which a row may be damaged, how, and what the pipeline is to do about it.

use super::kind::Kind;
use super::label::Expected::{self, Quarantine, Reject, Warning};
use crate::output::File::{self, *};

/// What is done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The value goes.
    Empty,
    /// The row stands there once more.
    Again,
    /// The row stands there once more, with another last digit in this column.
    AgainOtherDigit,
    /// The row stands there once more, with more text in this column.
    AgainOtherText,
    /// The line stands there once more, with one unit more and a total that fits.
    AgainOneMore,
    /// The customer stands there once more, with an initial for a name.
    AgainSameEmail,
    /// The customer stands there once more, with another address for e-mail.
    AgainSamePerson,
    /// A further row refers to nothing; these are its own columns that must not repeat.
    Further(&'static [&'static str]),
    /// The reference leads nowhere.
    Unknown,
    /// More than 0 becomes less.
    Negative,
    /// A payment becomes less than nothing, and no refund.
    NegativePayment,
    Zero,
    OverHundred,
    /// A total is too high.
    Off,
    WithoutAt,
    /// Day/month/year.
    SlashDate,
    /// The last digits of a phone number are hidden.
    Masked,
    /// A word in place of a number.
    Word,
    /// One letter becomes a byte of Latin-1.
    Latin1,
    /// The last field is missing.
    FieldMissing,
    /// There is one more, empty field.
    FieldExtra,
    /// A JSON object is not closed.
    Unclosed,
    YearsAhead,
    /// Cents where units are expected, in a line whose total stays.
    HundredfoldPrice,
    /// Cents where units are expected, in a payment that went through.
    HundredfoldPayment,
}

impl How {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Empty => Kind::Null,
            Self::Again => Kind::DuplicateExact,
            Self::AgainOtherDigit | Self::AgainOtherText | Self::AgainOneMore => Kind::DuplicateKey,
            Self::AgainSameEmail | Self::AgainSamePerson => Kind::DuplicateNear,
            Self::Further(_) | Self::Unknown => Kind::Orphan,
            Self::Negative | Self::NegativePayment | Self::Zero | Self::OverHundred => Kind::Range,
            Self::Off => Kind::InconsistentTotal,
            Self::WithoutAt | Self::SlashDate | Self::Masked => Kind::BadFormat,
            Self::Word => Kind::WrongType,
            Self::Latin1 => Kind::Encoding,
            Self::FieldMissing | Self::FieldExtra | Self::Unclosed => Kind::Ragged,
            Self::YearsAhead => Kind::FutureDate,
            Self::HundredfoldPrice | Self::HundredfoldPayment => Kind::UnitChange,
        }
    }
}

/// One way to damage a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) file: File,
    /// The column that is damaged, or tells what is; none where it is the whole row.
    pub(super) column: Option<&'static str>,
    pub(super) how: How,
    pub(super) expected: Expected,
}

const fn at(file: File, column: &'static str, how: How, expected: Expected) -> Spot {
    Spot {
        file,
        column: Some(column),
        how,
        expected,
    }
}

const fn row(file: File, how: How, expected: Expected) -> Spot {
    Spot {
        file,
        column: None,
        how,
        expected,
    }
}

/// All of them but for late orders, which are no damage of a row.
#[rustfmt::skip]
pub(super) const SPOTS: &[Spot] = &[
    // null: what contracts require is held back, what they merely miss is a warning.
    at(Categories, "category_name", How::Empty, Warning),
    at(Suppliers, "supplier_name", How::Empty, Warning),
    at(Stores, "store_name", How::Empty, Warning),
    at(SalesRepresentatives, "sales_rep_name", How::Empty, Warning),
    at(Customers, "last_name", How::Empty, Warning),
    at(Customers, "email", How::Empty, Warning),
    at(Customers, "registration_date", How::Empty, Warning),
    at(Products, "product_name", How::Empty, Warning),
    at(Products, "category", How::Empty, Warning),
    at(Products, "price", How::Empty, Warning),
    at(Transactions, "customer_id", How::Empty, Warning),
    at(Transactions, "total_amount", How::Empty, Quarantine),
    at(TransactionItems, "product_id", How::Empty, Quarantine),
    at(TransactionItems, "quantity", How::Empty, Quarantine),
    at(TransactionItems, "unit_price", How::Empty, Quarantine),
    at(TransactionItems, "line_total", How::Empty, Quarantine),
    at(Payments, "amount", How::Empty, Quarantine),
    at(InventoryMovements, "quantity", How::Empty, Quarantine),
    at(InventoryMovements, "moved_at", How::Empty, Quarantine),
    at(InventorySnapshots, "quantity_on_hand", How::Empty, Quarantine),
    at(WebEvents, "event_type", How::Empty, Warning),
    at(WebEvents, "occurred_at", How::Empty, Quarantine),
    // duplicate_exact: the last copy stands, the others are superseded.
    row(Categories, How::Again, Warning),
    row(Suppliers, How::Again, Warning),
    row(Stores, How::Again, Warning),
    row(SalesRepresentatives, How::Again, Warning),
    row(Customers, How::Again, Warning),
    row(Products, How::Again, Warning),
    row(Transactions, How::Again, Warning),
    row(TransactionItems, How::Again, Warning),
    row(Payments, How::Again, Warning),
    row(Shipments, How::Again, Warning),
    row(InventoryMovements, How::Again, Warning),
    row(InventorySnapshots, How::Again, Warning),
    row(WebEvents, How::Again, Warning),
    // duplicate_key: one version with two contents; all but the last are held back.
    at(Categories, "category_name", How::AgainOtherText, Quarantine),
    at(Suppliers, "lead_time_days", How::AgainOtherDigit, Quarantine),
    at(Stores, "manager", How::AgainOtherText, Quarantine),
    at(Stores, "region", How::AgainOtherText, Quarantine),
    at(SalesRepresentatives, "sales_rep_name", How::AgainOtherText, Quarantine),
    at(Customers, "phone", How::AgainOtherDigit, Quarantine),
    at(Products, "brand", How::AgainOtherText, Quarantine),
    at(Transactions, "transaction_time", How::AgainOtherDigit, Quarantine),
    at(TransactionItems, "quantity", How::AgainOneMore, Quarantine),
    at(Payments, "installments", How::AgainOtherDigit, Quarantine),
    at(Payments, "paid_at", How::AgainOtherDigit, Quarantine),
    at(Shipments, "shipping_cost", How::AgainOtherDigit, Quarantine),
    at(InventoryMovements, "moved_at", How::AgainOtherDigit, Quarantine),
    at(InventorySnapshots, "reorder_point", How::AgainOtherDigit, Quarantine),
    at(WebEvents, "occurred_at", How::AgainOtherDigit, Quarantine),
    // duplicate_near
    at(Customers, "customer_id", How::AgainSameEmail, Warning),
    at(Customers, "customer_id", How::AgainSamePerson, Warning),
    // orphan: parts of an order cannot stand alone; an unknown member becomes a stub.
    at(TransactionItems, "transaction_id", How::Further(&["item_id"]), Quarantine),
    at(Payments, "transaction_id", How::Further(&[]), Quarantine),
    at(Shipments, "transaction_id", How::Further(&["shipment_id"]), Quarantine),
    at(InventoryMovements, "product_id", How::Further(&["movement_id"]), Warning),
    at(InventoryMovements, "store_id", How::Further(&["movement_id"]), Warning),
    at(InventorySnapshots, "product_id", How::Further(&[]), Warning),
    at(InventorySnapshots, "store_id", How::Further(&[]), Warning),
    at(Categories, "parent_category_id", How::Unknown, Warning),
    at(Products, "category_id", How::Unknown, Warning),
    at(Products, "supplier_id", How::Unknown, Warning),
    at(Transactions, "customer_id", How::Unknown, Warning),
    at(Transactions, "store_id", How::Unknown, Warning),
    at(Transactions, "sales_rep_id", How::Unknown, Warning),
    at(TransactionItems, "product_id", How::Unknown, Warning),
    at(TransactionItems, "supplier_id", How::Unknown, Warning),
    at(WebEvents, "customer_id", How::Unknown, Warning),
    at(WebEvents, "product_id", How::Unknown, Warning),
    // range
    at(Suppliers, "lead_time_days", How::Negative, Warning),
    at(SalesRepresentatives, "commission_rate", How::Negative, Warning),
    at(Products, "price", How::Negative, Quarantine),
    at(Products, "cost", How::Negative, Quarantine),
    at(Products, "stock_quantity", How::Negative, Warning),
    at(Transactions, "total_amount", How::Negative, Quarantine),
    at(TransactionItems, "quantity", How::Zero, Quarantine),
    at(TransactionItems, "unit_price", How::Negative, Quarantine),
    at(TransactionItems, "discount_percentage", How::OverHundred, Quarantine),
    at(Payments, "amount", How::NegativePayment, Warning),
    at(Payments, "installments", How::Negative, Warning),
    at(Shipments, "shipping_cost", How::Negative, Warning),
    at(InventoryMovements, "unit_cost", How::Negative, Quarantine),
    at(InventorySnapshots, "reorder_point", How::Negative, Warning),
    // inconsistent_total
    at(Transactions, "total_amount", How::Off, Quarantine),
    at(TransactionItems, "line_total", How::Off, Quarantine),
    // bad_format: what no longer is a date is no row; an address is a text like any other.
    at(SalesRepresentatives, "email", How::WithoutAt, Warning),
    at(Customers, "email", How::WithoutAt, Warning),
    at(Customers, "phone", How::Masked, Warning),
    at(Customers, "registration_date", How::SlashDate, Reject),
    at(Customers, "birth_date", How::SlashDate, Reject),
    at(Stores, "opened_date", How::SlashDate, Reject),
    at(Suppliers, "updated_at", How::SlashDate, Reject),
    at(Products, "updated_at", How::SlashDate, Reject),
    at(Transactions, "transaction_date", How::SlashDate, Reject),
    at(Payments, "paid_at", How::SlashDate, Reject),
    at(Shipments, "shipped_at", How::SlashDate, Reject),
    at(InventoryMovements, "moved_at", How::SlashDate, Reject),
    at(InventorySnapshots, "snapshot_date", How::SlashDate, Reject),
    at(WebEvents, "occurred_at", How::SlashDate, Reject),
    // wrong_type
    at(Suppliers, "lead_time_days", How::Word, Reject),
    at(SalesRepresentatives, "commission_rate", How::Word, Reject),
    at(Products, "price", How::Word, Reject),
    at(Products, "cost", How::Word, Reject),
    at(Products, "stock_quantity", How::Word, Reject),
    at(Transactions, "total_amount", How::Word, Reject),
    at(TransactionItems, "quantity", How::Word, Reject),
    at(TransactionItems, "unit_price", How::Word, Reject),
    at(TransactionItems, "line_total", How::Word, Reject),
    at(Payments, "amount", How::Word, Reject),
    at(Payments, "installments", How::Word, Reject),
    at(Shipments, "shipping_cost", How::Word, Reject),
    at(InventoryMovements, "quantity", How::Word, Reject),
    at(InventorySnapshots, "quantity_on_hand", How::Word, Reject),
    // encoding: in texts that no other kind looks at.
    at(Categories, "category_name", How::Latin1, Reject),
    at(Suppliers, "supplier_name", How::Latin1, Reject),
    at(Suppliers, "city", How::Latin1, Reject),
    at(Stores, "store_name", How::Latin1, Reject),
    at(Stores, "manager", How::Latin1, Reject),
    at(SalesRepresentatives, "sales_rep_name", How::Latin1, Reject),
    at(Customers, "first_name", How::Latin1, Reject),
    at(Customers, "last_name", How::Latin1, Reject),
    at(Customers, "city", How::Latin1, Reject),
    at(Products, "product_name", How::Latin1, Reject),
    at(Products, "brand", How::Latin1, Reject),
    at(Transactions, "shipping_address", How::Latin1, Reject),
    at(Transactions, "billing_city", How::Latin1, Reject),
    at(Transactions, "payment_method", How::Latin1, Reject),
    at(Payments, "payment_method", How::Latin1, Reject),
    at(Shipments, "carrier", How::Latin1, Reject),
    at(InventoryMovements, "movement_type", How::Latin1, Reject),
    at(WebEvents, "event_type", How::Latin1, Reject),
    // ragged: a field too few is the last column, a field too many has none.
    at(Categories, "category_name", How::FieldMissing, Reject),
    at(Suppliers, "updated_at", How::FieldMissing, Reject),
    at(Stores, "updated_at", How::FieldMissing, Reject),
    at(SalesRepresentatives, "updated_at", How::FieldMissing, Reject),
    at(Customers, "updated_at", How::FieldMissing, Reject),
    at(Products, "updated_at", How::FieldMissing, Reject),
    at(Transactions, "updated_at", How::FieldMissing, Reject),
    at(TransactionItems, "supplier_id", How::FieldMissing, Reject),
    at(Payments, "paid_at", How::FieldMissing, Reject),
    at(Shipments, "estimated_delivery_at", How::FieldMissing, Reject),
    at(InventoryMovements, "moved_at", How::FieldMissing, Reject),
    at(InventorySnapshots, "reorder_point", How::FieldMissing, Reject),
    row(Categories, How::FieldExtra, Reject),
    row(Suppliers, How::FieldExtra, Reject),
    row(Stores, How::FieldExtra, Reject),
    row(SalesRepresentatives, How::FieldExtra, Reject),
    row(Customers, How::FieldExtra, Reject),
    row(Products, How::FieldExtra, Reject),
    row(Transactions, How::FieldExtra, Reject),
    row(TransactionItems, How::FieldExtra, Reject),
    row(Payments, How::FieldExtra, Reject),
    row(Shipments, How::FieldExtra, Reject),
    row(InventoryMovements, How::FieldExtra, Reject),
    row(InventorySnapshots, How::FieldExtra, Reject),
    row(WebEvents, How::Unclosed, Reject),
    // future_date
    at(Customers, "birth_date", How::YearsAhead, Warning),
    at(Transactions, "transaction_date", How::YearsAhead, Quarantine),
    at(Payments, "paid_at", How::YearsAhead, Warning),
    at(Shipments, "shipped_at", How::YearsAhead, Warning),
    at(Shipments, "delivered_at", How::YearsAhead, Warning),
    at(InventoryMovements, "moved_at", How::YearsAhead, Quarantine),
    at(InventorySnapshots, "snapshot_date", How::YearsAhead, Quarantine),
    at(WebEvents, "occurred_at", How::YearsAhead, Quarantine),
    // unit_change
    at(TransactionItems, "unit_price", How::HundredfoldPrice, Quarantine),
    at(Payments, "amount", How::HundredfoldPayment, Warning),
];

/// The kinds that may occur in the rows of a file.
pub(super) fn kinds(file: File) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = of(file).map(|spot| spot.how.kind()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The spots of a file.
pub(super) fn of(file: File) -> impl Iterator<Item = &'static Spot> {
    SPOTS.iter().filter(move |spot| spot.file == file)
}

#[cfg(test)]
mod tests {
    use super::super::label::position;
    use super::*;

    /// Keys that rows of other files refer to.
    const REFERRED: [(File, &str); 7] = [
        (Categories, "category_id"),
        (Suppliers, "supplier_id"),
        (Stores, "store_id"),
        (SalesRepresentatives, "sales_rep_id"),
        (Customers, "customer_id"),
        (Products, "product_id"),
        (Transactions, "transaction_id"),
    ];

    #[test]
    fn spots_name_columns_of_their_files_and_spare_what_others_refer_to() {
        for spot in SPOTS {
            let Some(column) = spot.column else { continue };
            assert!(position(spot.file, column).is_some(), "{spot:?}");
            let is_another = spot.how.kind() == Kind::DuplicateNear;
            assert!(
                is_another || !REFERRED.contains(&(spot.file, column)),
                "{spot:?}"
            );
        }
    }

    #[test]
    fn a_missing_field_is_the_last_one() {
        for spot in SPOTS.iter().filter(|it| it.how == How::FieldMissing) {
            assert_eq!(spot.column, spot.file.columns().last().copied());
        }
    }

    #[test]
    fn every_kind_of_rows_has_a_spot_and_every_table_has_kinds() {
        for kind in Kind::ALL {
            let is_damage = kind != Kind::Late && kind.scope() == super::super::kind::Scope::Row;
            let has_spot = SPOTS.iter().any(|spot| spot.how.kind() == kind);
            assert_eq!(has_spot, is_damage, "{kind}");
        }
        for file in File::ALL {
            assert_eq!(kinds(file).is_empty(), file == Deletes, "{file:?}");
        }
    }
}
