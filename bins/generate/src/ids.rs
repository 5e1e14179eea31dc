//! How ids are written: a prefix and a number of at least so many digits.

/// The form of one kind of id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdForm {
    pub(crate) prefix: &'static str,
    /// Digits at least; a larger number makes the id wider.
    pub(crate) width: usize,
}

const fn form(prefix: &'static str, width: usize) -> IdForm {
    IdForm { prefix, width }
}

pub(crate) const CATEGORY: IdForm = form("CAT", 3);
pub(crate) const CUSTOMER: IdForm = form("CUST", 4);
pub(crate) const EVENT: IdForm = form("EVT", 5);
pub(crate) const ITEM: IdForm = form("ITEM", 5);
pub(crate) const MOVEMENT: IdForm = form("MOV", 5);
pub(crate) const PRODUCT: IdForm = form("PROD", 4);
pub(crate) const REPRESENTATIVE: IdForm = form("REP", 3);
pub(crate) const SESSION: IdForm = form("SES", 5);
pub(crate) const SHIPMENT: IdForm = form("SHIP", 5);
pub(crate) const STORE: IdForm = form("STORE", 3);
pub(crate) const SUPPLIER: IdForm = form("SUP", 3);
pub(crate) const TRANSACTION: IdForm = form("TXN", 5);
pub(crate) const VISITOR: IdForm = form("VIS", 5);
