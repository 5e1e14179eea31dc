//! What readers accept, and what they write.

mod numbers;
mod times;

use bytes::BytesMut;
use chrono_tz::America::Sao_Paulo;
use rand_chacha::ChaCha8Rng;

use super::{Reader, Reason, Written};
use crate::source::{ColumnOptions, Table};

/// A reader of the column that the first text declares, in the table of the second.
fn declared(column: &str, table: &str) -> Result<Reader, String> {
    let options: ColumnOptions = toml::from_str(column).expect("a column's options");
    let table = format!("files = [\"a.csv\"]\n{table}\n[columns]\na = \"text\"");
    let table: Table = toml::from_str(&table).expect("a table");
    Reader::new(&options, &table, Sao_Paulo)
}

fn reader(column: &str) -> Reader {
    declared(column, "").expect("a declaration in order")
}

fn write(reader: &mut Reader, text: &str) -> Result<Vec<u8>, Reason> {
    let mut buffer = BytesMut::new();
    reader.write(text, &mut buffer).map(|_| buffer.to_vec())
}

fn written(reader: &mut Reader, text: &str, is_quoted: bool) -> Result<Written, Reason> {
    reader.write_field(text, is_quoted, &mut BytesMut::new())
}

/// A text with some characters changed, removed or added.
fn mutated(random: &mut ChaCha8Rng, text: &str, alphabet: &[char]) -> String {
    use rand::RngExt as _;

    let mut characters = text.chars().collect::<Vec<_>>();
    for _ in 0..random.random_range(1..=2) {
        let added = alphabet[random.random_range(0..alphabet.len())];
        let place = random.random_range(0..=characters.len());
        match random.random_range(0..3) {
            0 => characters.insert(place, added),
            1 if place < characters.len() => characters[place] = added,
            _ if place < characters.len() => drop(characters.remove(place)),
            _ => characters.push(added),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn what_is_no_value_is_refused_with_its_reason() {
    for (kind, text, reason) in [
        ("integer", "1.0", "not_an_integer"),
        ("integer", "1.", "not_an_integer"),
        ("integer", " 1", "not_an_integer"),
        ("integer", "", "not_an_integer"),
        ("integer", "-", "not_an_integer"),
        ("integer", "9223372036854775808", "not_an_integer"),
        ("integer", "1\0", "not_an_integer"),
        ("decimal", "NaN", "not_a_decimal"),
        ("decimal", "1e3", "not_a_decimal"),
        ("decimal", "1,5", "not_a_decimal"),
        ("decimal", "1.5\0", "not_a_decimal"),
        ("date", "2023-02-29", "not_a_date"),
        ("date", "now", "not_a_date"),
        ("date", "-5000-01-01", "not_a_date"),
        ("date", "0000-01-01", "not_a_date"),
        ("date", "2023-02-28\0", "not_a_date"),
        ("timestamp", "2023-02-28", "not_a_timestamp"),
        ("timestamp", "+12000-01-01 00:00:00", "not_a_timestamp"),
        ("timestamp", "2023-02-28 10:00:00\0", "not_a_timestamp"),
        ("boolean", "maybe", "not_a_boolean"),
        ("boolean", "true\0", "not_a_boolean"),
        ("text", "a\0b", "nul_character"),
        ("json", "\"\\ud800\"", "not_json"),
        ("json", "[1e1000000]", "not_json"),
        ("json", "{", "not_json"),
        ("json", "\"\0\"", "not_json"),
        ("json", "\"\\u0000\"", "nul_character"),
    ] {
        let mut reader = reader(&format!("type = \"{kind}\""));
        assert_eq!(write(&mut reader, text), Err(reason), "{kind} {text}");
    }
}

#[test]
fn values_have_their_length_in_front() {
    let bytes = |kind, text| write(&mut reader(&format!("type = \"{kind}\"")), text);
    assert_eq!(bytes("text", "ab"), Ok(vec![0, 0, 0, 2, b'a', b'b']));
    assert_eq!(bytes("text", ""), Ok(vec![0, 0, 0, 0]));
    assert_eq!(bytes("integer", "-1").map(|it| it.len()), Ok(12));
    assert_eq!(bytes("boolean", "Yes"), Ok(vec![0, 0, 0, 1, 1]));
    assert_eq!(bytes("boolean", "F"), Ok(vec![0, 0, 0, 1, 0]));
    assert_eq!(bytes("json", "[]"), Ok(vec![0, 0, 0, 3, 1, b'[', b']']));
    assert_eq!(
        bytes("date", "2000-01-02"),
        Ok(vec![0, 0, 0, 4, 0, 0, 0, 1])
    );
}

#[test]
fn a_nul_is_found_wherever_it_stands() {
    let mut reader = reader("type = 'text'");
    for length in 0..40 {
        let text = "\u{1}\u{80}a".chars().cycle().take(length);
        let text = text.collect::<String>();
        assert!(write(&mut reader, &text).is_ok(), "{length}");
        for place in (0..=text.len()).filter(|it| text.is_char_boundary(*it)) {
            let mut broken = text.clone();
            broken.insert(place, '\0');
            let outcome = write(&mut reader, &broken);
            assert_eq!(outcome, Err("nul_character"), "{place} of {length}");
        }
    }
}

#[test]
fn digits_of_an_identifier_are_a_number() {
    let mut reader = reader("type = \"integer\"\ndigits = true");
    let bytes = write(&mut reader, "ITEM00017").expect("a number");
    assert_eq!(bytes[4..], 17_i64.to_be_bytes());
    assert_eq!(write(&mut reader, "ITEM"), Err("not_an_integer"));
}

#[test]
fn null_is_what_the_declaration_calls_so() {
    let mut plain = declared("type = \"text\"", "").expect("a reader");
    assert_eq!(written(&mut plain, "", false), Ok(Written::Null));
    assert_eq!(written(&mut plain, "", true), Ok(Written::Null));
    assert_eq!(written(&mut plain, " ", false), Ok(Written::Plain));

    let table = "nulls = [\"\", \"NA\"]\nquoted_nulls = false\ntrim = true";
    let mut careful = declared("type = \"text\"", table).expect("a reader");
    assert_eq!(written(&mut careful, " NA\u{a0}", false), Ok(Written::Null));
    assert_eq!(written(&mut careful, "NA", true), Ok(Written::Plain));
    assert_eq!(written(&mut careful, "", true), Ok(Written::Plain));

    let own = "type = \"integer\"\nnulls = [\"-\"]\ntrim = false";
    let mut own = declared(own, table).expect("a reader");
    assert_eq!(written(&mut own, "-", false), Ok(Written::Null));
    assert_eq!(written(&mut own, "NA", false), Err("not_an_integer"));
    assert_eq!(written(&mut own, " 1", false), Err("not_an_integer"));
}

#[test]
fn white_space_goes_only_where_it_may() {
    let mut buffer = BytesMut::new();
    let mut trimming = reader("type = \"text\"\ntrim = true");
    let outcome = trimming.write_field("\t a b \u{a0}", true, &mut buffer);
    assert_eq!(outcome, Ok(Written::Plain));
    assert_eq!(buffer[..], [0, 0, 0, 3, b'a', b' ', b'b']);
}

#[test]
fn declarations_that_cannot_be_meant_are_refused() {
    for (column, part) in [
        (
            "type = 'text'\nformat = '%Y'",
            "means nothing for type text",
        ),
        ("type = 'date'\npercent = 'number'", "percent means nothing"),
        (
            "type = 'date'\ntime_zone = 'Europe/Berlin'",
            "time_zone means",
        ),
        (
            "type = 'decimal'\nthousands_mark = '.'",
            "both decimal_mark",
        ),
        ("type = 'decimal'\ndecimal_mark = '5'", "cannot be a mark"),
        ("type = 'decimal'\ncurrency_signs = ['']", "is empty"),
        ("type = 'decimal'\ncurrency_signs = ['€ ']", "white space"),
        (
            "type = 'decimal'\ncurrency_signs = ['-']",
            "a digit or a sign",
        ),
        (
            "type = 'decimal'\ncurrency_signs = ['.kr']",
            "begins with a mark",
        ),
        (
            "type = 'integer'\npercent = 'fraction'",
            "take type decimal",
        ),
        ("type = 'date'\nformat = '%Q'", "`%Q` is no strftime format"),
        (
            "type = 'date'\nformat = '%Y-%m'",
            "needs year, month and day",
        ),
        ("type = 'date'\nformat = 'unix'", "take type timestamp"),
        ("type = 'date'\nformat = '%F'\nformats = ['%D']", "keep one"),
        ("type = 'timestamp'\nformat = '%F'", "hour and minute"),
        ("type = 'timestamp'\nformat = '%F %I:%M'", "says too little"),
        ("type = 'timestamp'\nformat = '%s'", "`unix`"),
        ("type = 'timestamp'\nformat = '%F %T.%f'", "write `%.f`"),
        ("type = 'timestamp'\nformat = '%F %T %Z'", "time_zone"),
        ("type = 'timestamp'\nformat = '%-m%-d%Y%H%M'", "read back"),
    ] {
        let problem = declared(column, "").expect_err(column);
        assert!(problem.contains(part), "{column}: {problem}");
    }
}
