//! Which columns hold personal data, by their names.
//!
//! Wrongly taken for personal costs a bound that a person adds; wrongly taken for harmless would
//! write somebody's data into a file. So the list is wide.

/// A part of a name (between underscores) that is enough by itself.
const PARTS: [&str; 48] = [
    "address",
    "addressee",
    "birth",
    "birthday",
    "birthdate",
    "building",
    "buyer",
    "cardholder",
    "city",
    "comment",
    "comments",
    "contact",
    "district",
    "dob",
    "email",
    "fax",
    "forename",
    "gender",
    "holder",
    "house",
    "iban",
    "ip",
    "latitude",
    "login",
    "longitude",
    "lat",
    "lng",
    "mail",
    "manager",
    "message",
    "mobile",
    "nationality",
    "note",
    "notes",
    "owner",
    "passport",
    "password",
    "phone",
    "postal",
    "postcode",
    "recipient",
    "remark",
    "sex",
    "signature",
    "ssn",
    "street",
    "surname",
    "telephone",
];
/// Further parts, of account names and of payment.
const MORE_PARTS: [&str; 8] = [
    "tin", "username", "user", "vat", "zip", "zipcode", "employee", "person",
];
/// Whole names, and ends of names, that are people's.
const NAMES: [&str; 12] = [
    "first_name",
    "last_name",
    "middle_name",
    "full_name",
    "given_name",
    "family_name",
    "maiden_name",
    "customer_name",
    "sales_rep_name",
    "display_name",
    "nick_name",
    "card_number",
];

pub(super) fn by_name(column: &str) -> bool {
    let column = column.to_lowercase();
    // An id is a number that stands for a person and is needed to find the row.
    if column.ends_with("_id") {
        return false;
    }
    let is_part = |part: &str| PARTS.contains(&part) || MORE_PARTS.contains(&part);
    column.split('_').any(is_part) || NAMES.iter().any(|name| column.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::by_name;

    /// Goal: what our own contracts call personal is known by name, but for two that only they know.
    /// Method: names of both kinds.
    #[test]
    fn personal_columns_are_known_by_their_names() {
        for name in [
            "first_name",
            "email",
            "Phone",
            "birth_date",
            "gender",
            "shipping_address",
            "billing_postal_code",
            "city",
            "manager",
            "sales_rep_name",
            "ip_address",
            "note",
        ] {
            assert!(by_name(name), "{name}");
        }
        for name in [
            "customer_id",
            "product_name",
            "status",
            "currency",
            "quantity",
            "email_id",
            "capacity",
            "shipping_amount",
            "country",
            "zipper_color",
        ] {
            assert!(!by_name(name), "{name}");
        }
    }
}
