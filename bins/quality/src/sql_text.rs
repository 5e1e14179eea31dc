//! Names and values as SQL text, for statements that are compiled from contracts.

use serde_json::Value;

/// `it` → `"it"`.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `it's` → `'it''s'`; a NUL cannot be part of a PostgreSQL text.
pub(crate) fn literal(text: &str) -> String {
    let text = text.replace('\0', "").replace('\'', "''");
    if text.contains('\\') {
        // The escape form means the same whatever standard_conforming_strings says.
        format!("E'{}'", text.replace('\\', "\\\\"))
    } else {
        format!("'{text}'")
    }
}

/// A value of a contract; null has no literal, because nothing equals it.
pub(crate) fn value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(literal(text)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `array['a', 'b']::text[]`.
pub(crate) fn text_array<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(literal).collect();
    format!("array[{}]::text[]", items.join(", "))
}

/// `alias."a", alias."b"`.
pub(crate) fn columns(alias: &str, names: &[String]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("{alias}.{}", identifier(name)))
        .collect();
    names.join(", ")
}

/// `left."a" = right."x" and left."b" = right."y"`.
pub(crate) fn equal(left: &str, names: &[String], right: &str, others: &[String]) -> String {
    let pairs: Vec<String> = names
        .iter()
        .zip(others)
        .map(|(name, other)| {
            format!(
                "{left}.{} = {right}.{}",
                identifier(name),
                identifier(other)
            )
        })
        .collect();
    pairs.join(" and ")
}

/// `alias."a" is not null and alias."b" is not null`.
pub(crate) fn all_known(alias: &str, names: &[String]) -> String {
    let parts: Vec<String> = names
        .iter()
        .map(|name| format!("{alias}.{} is not null", identifier(name)))
        .collect();
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_end_a_literal_or_a_name() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"\S'"), r"E'\\S'''");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn lists_keep_their_order() {
        let names = ["b".to_owned(), "a".to_owned()];
        assert_eq!(columns("staged", &names), r#"staged."b", staged."a""#);
        assert_eq!(text_array(["x", "y"]), "array['x', 'y']::text[]");
        assert_eq!(text_array([]), "array[]::text[]");
    }
}
