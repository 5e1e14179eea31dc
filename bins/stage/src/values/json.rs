//! Texts of JSON as PostgreSQL's `jsonb` takes them.
//!
//! Invariant: what the server would refuse is refused here, record by record; one such value in a
//! COPY would else cost the whole file.

use crate::read::{Fault, check_json};
use crate::values::Reason;

/// Most digits that a `numeric` has behind its point.
const FRACTION_DIGITS_MAX: i64 = 16_383;
/// Most digits that a `numeric` has before its point.
const WHOLE_DIGITS_MAX: i64 = 131_072;

/// Whether PostgreSQL can hold the text.
///
/// # Errors
/// `not_json`, also for numbers that are too large or too fine; `duplicate_key`; `nul_character`.
pub(super) fn check(text: &str) -> Result<(), Reason> {
    check_json(text).map_err(|fault| match fault {
        Fault::DuplicateKey => "duplicate_key",
        _ => "not_json",
    })?;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => check_string(&bytes[at..])?,
            b'-' | b'0'..=b'9' => check_number(&bytes[at..])?,
            _ => 1,
        };
    }
    Ok(())
}

/// A string of valid JSON at the beginning of `bytes`; returns its length.
fn check_string(bytes: &[u8]) -> Result<usize, Reason> {
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            return Ok(at + 1);
        }
        // The escape of a NUL character is valid JSON that PostgreSQL refuses.
        if bytes[at..].starts_with(b"\\u0000") {
            return Err("nul_character");
        }
        at += 2;
    }
    Ok(bytes.len())
}

/// A number of valid JSON at the beginning of `bytes`; returns its length.
fn check_number(bytes: &[u8]) -> Result<usize, Reason> {
    let is_part = |it: &&u8| matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = bytes.iter().take_while(is_part).count();
    let number = &bytes[..length];
    let is_exponent_sign = |it: &u8| matches!(it, b'e' | b'E');
    let mut parts = number.splitn(2, is_exponent_sign);
    let mantissa = parts.next().unwrap_or_default();
    let exponent = parts.next().map_or(Ok(0), read_exponent)?;
    let digits = |part: &[u8]| part.iter().filter(|it| it.is_ascii_digit()).count();
    let mut parts = mantissa.splitn(2, |it| *it == b'.');
    let [whole, fraction] = [parts.next(), parts.next()]
        .map(|it| i64::try_from(digits(it.unwrap_or_default())).unwrap_or(i64::MAX / 4));
    if fraction - exponent > FRACTION_DIGITS_MAX || whole + exponent > WHOLE_DIGITS_MAX {
        return Err("not_json");
    }
    Ok(length)
}

/// An exponent that does not fit 32 bits makes a number that no `numeric` holds, be it zero.
fn read_exponent(text: &[u8]) -> Result<i64, Reason> {
    let text = std::str::from_utf8(text).map_err(|_| "not_json")?;
    text.parse::<i32>().map(i64::from).map_err(|_| "not_json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_postgres_cannot_hold_are_no_json() {
        let fine = format!("0.{}", "1".repeat(16_383));
        let finer = format!("0.{}", "1".repeat(16_384));
        for (text, expected) in [
            ("1e-16383", Ok(())),
            ("1e-16384", Err("not_json")),
            ("[{\"a\":-1.5E-20000}]", Err("not_json")),
            ("1.5e-16382", Ok(())),
            ("1.5e-16383", Err("not_json")),
            ("0e131072", Err("not_json")),
            ("0e131071", Ok(())),
            ("0e-99999999999", Err("not_json")),
            ("0e99999999999", Err("not_json")),
            ("1e400", Err("not_json")),
            (fine.as_str(), Ok(())),
            (finer.as_str(), Err("not_json")),
            ("[-0, 1e2, 2.5e+3, 0.1E-1]", Ok(())),
            ("\"1e-20000\"", Ok(())),
            ("{\"1e-20000\":\"\\\"1e-20000\"}", Ok(())),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_escape_of_a_nul_is_one() {
        for (text, expected) in [
            (r#""\u0000""#, Err("nul_character")),
            (r#""\\u0000""#, Ok(())),
            (r#""\\\u0000""#, Err("nul_character")),
            (r#"{"a\\":"\"\\\\u0000"}"#, Ok(())),
            (r#"{"\u0000":1}"#, Err("nul_character")),
            (r#"["\u00001", 1]"#, Err("nul_character")),
            (r#""\u0001\u00000""#, Err("nul_character")),
            (r#""\u0001u0000""#, Ok(())),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_as_in_lines_of_json() {
        for (text, expected) in [
            (r#"{"a":1,"a":1}"#, Err("duplicate_key")),
            (r#"[{"b":{"a":1,"\u0061":2}}]"#, Err("duplicate_key")),
            (r#"[{"a":1},{"a":1}]"#, Ok(())),
            (r#"{"a":1}}"#, Err("not_json")),
            (r#"{"a":1} 2"#, Err("not_json")),
            ("", Err("not_json")),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }
}
