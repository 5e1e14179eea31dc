//! How ids are written: a prefix and a number of at least so many digits.

/// The form of one kind of id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdForm {
    pub(crate) prefix: &'static str,
    /// Digits at least; a larger number makes the id wider.
    pub(crate) width: usize,
}

pub(crate) const CATEGORY: IdForm = IdForm {
    prefix: "CAT",
    width: 3,
};
pub(crate) const CUSTOMER: IdForm = IdForm {
    prefix: "CUST",
    width: 4,
};
pub(crate) const ITEM: IdForm = IdForm {
    prefix: "ITEM",
    width: 5,
};
pub(crate) const PRODUCT: IdForm = IdForm {
    prefix: "PROD",
    width: 4,
};
pub(crate) const SUPPLIER: IdForm = IdForm {
    prefix: "SUP",
    width: 3,
};
pub(crate) const TRANSACTION: IdForm = IdForm {
    prefix: "TXN",
    width: 5,
};
