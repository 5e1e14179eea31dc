//! Names of columns as people see them, and as PostgreSQL takes them.

use std::fmt::Write as _;

use crate::landing::TECHNICAL_COLUMNS;

/// Longest identifier of PostgreSQL, in bytes.
pub(crate) const IDENTIFIER_BYTES_MAX: usize = 63;
/// Longest part of a name that a message shows, in characters.
const SHOWN_CHARACTERS_MAX: usize = 80;
/// From here on hexadecimal digits are an identifier of some record, and no word.
const IDENTIFIER_CHARACTERS_MIN: usize = 16;
/// Columns that every table of PostgreSQL has already.
const SYSTEM_COLUMNS: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Whether a landing table has a column of this name of its own.
pub(crate) fn is_reserved(name: &str) -> bool {
    SYSTEM_COLUMNS.contains(&name) || TECHNICAL_COLUMNS.iter().any(|(it, ..)| *it == name)
}

/// The name in small letters, digits and single underscores; none where nothing of it is left.
pub(super) fn identifier_of(name: &str) -> Option<String> {
    let mut identifier = String::new();
    for letter in name.chars().map(|it| it.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            identifier.push(letter);
        } else if !identifier.is_empty() && !identifier.ends_with('_') {
            identifier.push('_');
        }
    }
    if identifier.starts_with(|it: char| it.is_ascii_digit()) {
        identifier.insert(0, '_');
    }
    identifier.truncate(IDENTIFIER_BYTES_MAX);
    let identifier = identifier.trim_end_matches('_').to_owned();
    (!identifier.is_empty()).then_some(identifier)
}

/// A name for a message, as TOML writes it: what cannot be seen is written as `\u….`, and what is
/// very long is cut.
pub(super) fn shown(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars().take(SHOWN_CHARACTERS_MAX) {
        match letter {
            '"' | '\\' => {
                text.push('\\');
                text.push(letter);
            }
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            _ if !is_invisible(letter) => text.push(letter),
            _ if u32::from(letter) > 0xffff => {
                let _ = write!(text, "\\U{:08X}", u32::from(letter));
            }
            _ => {
                let _ = write!(text, "\\u{:04X}", u32::from(letter));
            }
        }
    }
    if name.chars().nth(SHOWN_CHARACTERS_MAX).is_some() {
        text.push('…');
    }
    text
}

/// Whether nothing can be seen of a character, or not that it is no plain space.
pub(super) fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || (letter.is_whitespace() && letter != ' ')
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a name looks like a number, a time, an identifier or an address: such a header is most
/// likely a record.
pub(super) fn looks_like_value(name: &str) -> bool {
    let name = name.trim();
    let has_digit = name.contains(|it: char| it.is_ascii_digit());
    let is_number = name
        .chars()
        .all(|it| it.is_ascii_digit() || !it.is_alphanumeric() || matches!(it, 'T' | 'Z'));
    let is_identifier = name.len() >= IDENTIFIER_CHARACTERS_MIN
        && name.chars().all(|it| it.is_ascii_hexdigit() || it == '-');
    name.contains('@') || (has_digit && (is_number || is_identifier))
}

/// How two names that look alike differ: `in capitals and in white space`; none where they differ
/// in more.
pub(super) fn slight_difference(left: &str, right: &str) -> Option<String> {
    let visible = |name: &str| -> String {
        let letters = name.chars();
        letters
            .filter(|it| it.is_whitespace() || !is_invisible(*it))
            .collect()
    };
    let spaced = |name: &str| -> String { name.split_whitespace().collect::<Vec<_>>().join(" ") };
    let (left_visible, right_visible) = (visible(left), visible(right));
    let (left_spaced, right_spaced) = (spaced(&left_visible), spaced(&right_visible));
    if left_spaced.to_lowercase() != right_spaced.to_lowercase() {
        return None;
    }
    let mut ways = Vec::new();
    if left_spaced != right_spaced {
        ways.push("in capitals");
    }
    if left_spaced != left_visible || right_spaced != right_visible {
        ways.push("in white space");
    }
    if left_visible != left || right_visible != right {
        ways.push("in characters that cannot be seen");
    }
    (!ways.is_empty()).then(|| ways.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (name, expected) in [
            ("Order ID", Some("order_id")),
            (" unit-price (€) ", Some("unit_price")),
            ("2024 total", Some("_2024_total")),
            ("Größe", Some("gr_e")),
            ("__id__", Some("id")),
            ("€", None),
            ("\u{feff}", None),
        ] {
            assert_eq!(identifier_of(name).as_deref(), expected, "{name}");
        }
        let long = identifier_of(&"a".repeat(99)).expect("a name");
        assert_eq!(long.len(), IDENTIFIER_BYTES_MAX);
        let numbers = identifier_of(&"9 ".repeat(99)).expect("a name");
        assert!(numbers.len() <= IDENTIFIER_BYTES_MAX && !numbers.ends_with('_'));
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (name, expected) in [
            ("id", "id"),
            ("\u{feff}id", "\\uFEFFid"),
            ("id\u{a0}", "id\\u00A0"),
            ("a\"b\\c\td", "a\\\"b\\\\c\\td"),
            ("\u{e0041}", "\\U000E0041"),
        ] {
            assert_eq!(shown(name), expected);
            let toml: toml::Table = toml::from_str(&format!("x = \"{}\"", shown(name)))
                .expect("a text that source.toml takes");
            assert_eq!(toml["x"].as_str(), Some(name));
        }
        assert_eq!(shown(&"a".repeat(99)).chars().count(), 81);
    }

    #[test]
    fn values_are_told_from_names() {
        for value in [
            "1",
            "-12.50",
            "1.234,5 €",
            "2025-01-02",
            "2025-01-02T12:00:00Z",
            "31/12/2025 12:00",
            "jane@example.com",
            "00e7ee1b050b8499577073aeb2a297a1",
            "123e4567-e89b-12d3-a456-426614174000",
        ] {
            assert!(looks_like_value(value), "{value}");
        }
        for name in [
            "",
            "id",
            "price (€)",
            "line_1",
            "2024 total",
            "_",
            "deadbeef",
        ] {
            assert!(!looks_like_value(name), "{name}");
        }
    }

    #[test]
    fn slight_differences_are_told_apart() {
        for (left, right, expected) in [
            ("Buyer", "buyer", Some("in capitals")),
            (" buyer", "buyer", Some("in white space")),
            ("buyer\u{a0}", "buyer", Some("in white space")),
            (
                "\u{feff}buyer",
                "buyer",
                Some("in characters that cannot be seen"),
            ),
            ("BUYER ", "buyer", Some("in capitals and in white space")),
            ("buyers", "buyer", None),
            ("buyer", "buyer", None),
        ] {
            let found = slight_difference(left, right);
            assert_eq!(found.as_deref(), expected, "{left:?} {right:?}");
        }
    }
}
