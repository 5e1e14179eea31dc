use std::fmt::Write as _;

use bytes::BytesMut;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use tokio_postgres::types::{ToSql as _, Type as PostgresType};

use super::{mutated, reader, write};
use crate::values::Reader;

const GERMAN: &str = "type = 'decimal'\ndecimal_mark = ','\nthousands_mark = '.'\n\
                      currency_signs = ['€', 'EUR', 'R', 'R$', 'kr']";

fn decimal(text: &str) -> Option<Vec<u8>> {
    write(&mut reader("type = 'decimal'"), text).ok()
}

/// A number's header and its digits to the base of 10,000.
fn numeric(weight: i16, is_negative: bool, scale: u16, digits: &[u16]) -> Vec<u8> {
    let count = u16::try_from(digits.len()).expect("few digits");
    let sign = if is_negative { 0x4000 } else { 0 };
    let mut bytes = (8 + 2 * i32::from(count)).to_be_bytes().to_vec();
    bytes.extend(count.to_be_bytes());
    bytes.extend(weight.to_be_bytes());
    for part in [sign, scale].iter().chain(digits) {
        bytes.extend(part.to_be_bytes());
    }
    bytes
}

/// What another encoder makes of the text. Its zeros lose their scale, and it leaves zeros at the
/// end that PostgreSQL takes off.
fn oracle(text: &str) -> Option<Vec<u8>> {
    let is_plain = |it: char| it.is_ascii_digit() || matches!(it, '.' | '-' | '+');
    if !text.chars().all(is_plain) {
        return None;
    }
    let value = Decimal::from_str_exact(text).ok()?;
    let mut bytes = BytesMut::new();
    value.to_sql(&PostgresType::NUMERIC, &mut bytes).ok()?;
    let part = |index: usize| u16::from_be_bytes([bytes[index], bytes[index + 1]]);
    let mut digits = (8..bytes.len()).step_by(2).map(part).collect::<Vec<_>>();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let scale = u16::try_from(value.scale()).expect("at most 28");
    let weight = i16::from_be_bytes([bytes[2], bytes[3]]);
    Some(numeric(weight, part(4) != 0, scale, &digits))
}

fn random_number(random: &mut ChaCha8Rng, digits_max: usize) -> String {
    let digits = random.random_range(1..=digits_max);
    let mark = random.random_range(0..=digits);
    let zeros = random.random_range(0.0..1.0);
    let mut text = ["", "-", "+"][random.random_range(0..3)].to_owned();
    for index in 0..digits {
        if index == mark {
            text.push('.');
        }
        if random.random_bool(zeros) {
            text.push('0');
        } else {
            write!(text, "{}", random.random_range(0..=9)).expect("a text");
        }
    }
    text
}

/// Goal: our own encoder writes what the one it replaces wrote.
/// Method: random numbers with many zeros, and the same numbers broken in one or two places.
#[test]
fn decimals_are_those_of_another_encoder() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let alphabet = ['0', '1', '9', '.', '-', '+', ',', ' ', '_', 'e', '\0', '٣'];
    for _ in 0..20_000 {
        let text = random_number(&mut random, 28);
        assert_eq!(decimal(&text), oracle(&text), "{text}");
        let broken = mutated(&mut random, &text, &alphabet);
        if broken.chars().filter(char::is_ascii_digit).count() <= 28 {
            assert_eq!(decimal(&broken), oracle(&broken), "{broken}");
        }
    }
}

#[test]
fn decimals_keep_their_scale_and_any_number_of_digits() {
    let long = format!("-1{}.{}5", "0".repeat(40), "0".repeat(58));
    let mut digits = vec![1];
    digits.resize(25, 0);
    digits.push(50);
    for (text, bytes) in [
        ("1.50", numeric(0, false, 2, &[1, 5_000])),
        ("0.00", numeric(0, false, 2, &[])),
        ("-0", numeric(0, false, 0, &[])),
        ("0.00000012", numeric(-2, false, 8, &[12])),
        ("-10000", numeric(1, true, 0, &[1])),
        ("00120000.10", numeric(1, false, 2, &[12, 0, 1_000])),
        ("5.", numeric(0, false, 0, &[5])),
        (".5", numeric(-1, false, 1, &[5_000])),
        (
            "123456789012345678901234567890.123456789",
            numeric(
                7,
                false,
                9,
                &[
                    12, 3456, 7890, 1234, 5678, 9012, 3456, 7890, 1234, 5678, 9_000,
                ],
            ),
        ),
        (&long, numeric(10, true, 59, &digits)),
    ] {
        assert_eq!(decimal(text).as_ref(), Some(&bytes), "{text}");
    }
    assert_eq!(decimal(&"9".repeat(1_000)).map(|it| it.len()), Some(512));
    assert_eq!(decimal(&"9".repeat(1_001)), None);
}

/// The texts mean what the plain ones mean, or nothing where there is none.
fn check(column: &str, cases: &[(&str, Option<&str>)]) {
    let mut reader = reader(column);
    for (text, plain) in cases {
        let expected = plain.map(|it| decimal(it).expect("a plain number"));
        assert_eq!(write(&mut reader, text).ok(), expected, "{text}");
    }
}

#[test]
fn groups_have_three_digits() {
    let cases = [
        ("1.234.567,50", Some("1234567.50")),
        ("1234567,50", Some("1234567.50")),
        ("-12.345", Some("-12345")),
        ("999", Some("999")),
        (",5", Some("0.5")),
        ("0,125", Some("0.125")),
        ("1.2345", None),
        ("12.34,5", None),
        ("1234.567", None),
        ("1.234567", None),
        ("0.125", None),
        ("1.234,567.8", None),
        ("1..234", None),
        (".234", None),
        ("1.234.", None),
        ("1,5,0", None),
        ("1 234", None),
        ("1.2٣4", None),
        (",", None),
        ("", None),
    ];
    check(GERMAN, &cases);
    let french = "type = 'decimal'\ndecimal_mark = ','\nthousands_mark = '\u{202f}'";
    let cases = [("1\u{202f}234,5", Some("1234.5")), ("1 234,5", None)];
    check(french, &cases);
    let arabic = "type = 'decimal'\ndecimal_mark = '٫'\nthousands_mark = '٬'";
    check(arabic, &[("1٬234٫50", Some("1234.50")), ("1.5", None)]);
}

#[test]
fn a_currency_sign_stands_before_or_after() {
    let cases = [
        ("€5", Some("5")),
        ("€ 5", Some("5")),
        ("€\u{a0}1.234,50", Some("1234.50")),
        ("5€", Some("5")),
        ("5,00 €", Some("5.00")),
        ("5,00\u{202f}EUR", Some("5.00")),
        ("-€5", Some("-5")),
        ("€-5", Some("-5")),
        ("€ -5", Some("-5")),
        ("-5 €", Some("-5")),
        ("R$ 1.234,50", Some("1234.50")),
        ("R5", Some("5")),
        ("€,50", Some("0.50")),
        ("kr.500", None),
        ("kr,500", None),
        ("- €5", None),
        ("-€-5", None),
        ("€  5", None),
        ("€5€", None),
        ("€5 €", None),
        ("€", None),
        ("- 5", None),
        ("5-", None),
        ("5 ", None),
        ("$5", None),
        ("5%", None),
    ];
    check(GERMAN, &cases);
}

#[test]
fn a_percent_sign_means_what_is_declared() {
    let number = "type = 'decimal'\npercent = 'number'";
    let cases = [
        ("12.5 %", Some("12.5")),
        ("12.5%", Some("12.5")),
        ("12.5", Some("12.5")),
        ("%12", None),
        ("12 % %", None),
        ("12  %", None),
        ("%", None),
    ];
    check(number, &cases);
    let fraction = "type = 'decimal'\npercent = 'fraction'\nthousands_mark = ','";
    let cases = [
        ("12.5 %", Some("0.125")),
        ("-12.5%", Some("-0.125")),
        ("7%", Some("0.07")),
        ("0.10%", Some("0.0010")),
        ("1,234.5%", Some("12.345")),
        ("100%", Some("1.00")),
        ("0%", Some("0.00")),
        ("12.5", Some("12.5")),
        (".%", None),
    ];
    check(fraction, &cases);
}

#[test]
fn integers_are_exact_to_their_limits() {
    let mut plain = reader("type = 'integer'");
    let mut marked = reader("type = 'integer'\nthousands_mark = ','\ncurrency_signs = ['¥']");
    let value = |reader: &mut Reader, text: &str| {
        let bytes = write(reader, text).ok()?;
        Some(i64::from_be_bytes(bytes[4..].try_into().ok()?))
    };
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..20_000 {
        let number = random.random::<i64>() >> random.random_range(0..64);
        let text = number.to_string();
        assert_eq!(value(&mut plain, &text), Some(number));
        assert_eq!(value(&mut marked, &text), Some(number));
        let broken = mutated(&mut random, &text, &['0', '9', '-', '+', '.', ' ', '_']);
        assert_eq!(value(&mut plain, &broken), broken.parse().ok(), "{broken}");
    }
    for number in [i64::MIN, i64::MAX] {
        assert_eq!(value(&mut plain, &number.to_string()), Some(number));
    }
    let least = "-¥9,223,372,036,854,775,808";
    assert_eq!(value(&mut marked, least), Some(i64::MIN));
    assert_eq!(value(&mut marked, "9,223,372,036,854,775,808"), None);
    assert_eq!(value(&mut marked, "1,234.0"), None);
}
