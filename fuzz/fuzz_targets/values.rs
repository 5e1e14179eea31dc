//! Any text under any options of a column: a value that means what the text says, or a reason.

#![no_main]

use std::sync::LazyLock;

use bullion_fuzz::{Choices, decode_numeric, plain_decimal};
use bytes::BytesMut;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use libfuzzer_sys::fuzz_target;
use stage::source::{Column, ColumnOptions, Percent, Table, Type};
use stage::values::{Reader, Written};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str("files = [\"*\"]\n[columns]\na = \"text\"\n").expect("a table")
});

const TYPES: [Type; 7] = [
    Type::Text,
    Type::Integer,
    Type::Decimal,
    Type::Date,
    Type::Timestamp,
    Type::Boolean,
    Type::Json,
];

/// The empty one stands for the first line of the input.
const FORMATS: [&str; 20] = [
    "%Y-%m-%d %H:%M:%S",
    "",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%y",
    "%-d/%-m/%Y",
    "%d %b %Y",
    "%B %e, %Y",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%:z",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%Y-%m-%d %H:%M:%S%z",
    "%+",
    "%c",
    "unix",
    "unix_ms",
    "%G-W%V-%u",
];

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::new(input);
    let mut table = TABLE.clone();
    let mut options = pick_options(&mut choices);
    table.quoted_nulls = choices.pick(&[true, false]);
    let is_quoted = choices.pick(&[false, true]);
    let zone: Tz = choices.pick(&ZONES).parse().expect("a zone");
    let body = String::from_utf8_lossy(choices.body()).into_owned();
    let (first, rest) = body.split_once('\n').unwrap_or((&body, ""));
    let is_free = fill_in_formats(&mut options, first);
    let Ok(mut reader) = Reader::new(&options, &table, zone) else {
        return;
    };
    let texts = if is_free { rest } else { &body };
    for text in texts.split('\n').chain([texts]) {
        check(&mut reader, &options, &table, text, is_quoted, zone);
    }
});

const ZONES: [&str; 8] = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Monrovia",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
];

/// Options that mean nothing for a type are refused, so only the others are picked.
fn pick_options(choices: &mut Choices<'_>) -> ColumnOptions {
    let kind = choices.pick(&TYPES);
    let mut options = Column::Type(kind).options();
    options.trim = choices.pick(&[None, Some(true), Some(false)]);
    let nulls: [Option<&[&str]>; 3] = [None, Some(&["NA", "-", "1"]), Some(&[])];
    let nulls = choices.pick(&nulls);
    options.nulls = nulls.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
    match kind {
        Type::Integer | Type::Decimal => {
            options.decimal_mark = choices.pick(&[None, Some(','), Some('.'), Some('·')]);
            options.thousands_mark =
                choices.pick(&[None, Some(','), Some('.'), Some(' '), Some('\''), Some('\u{a0}')]);
            let signs: [&[&str]; 5] = [&[], &["€"], &["R$", "R"], &["kr."], &["$", "US$", "€"]];
            let signs = choices.pick(&signs);
            options.currency_signs = signs.iter().map(|it| (*it).to_owned()).collect();
            options.percent =
                choices.pick(&[None, Some(Percent::Number), Some(Percent::Fraction)]);
            options.digits = choices.pick(&[false, true]);
        }
        Type::Date | Type::Timestamp => {
            let format: Option<&str> = choices.pick(&FORMATS.map(Some));
            let second: Option<&str> = choices.pick(&[None, Some("%Y-%m-%d"), Some("%d/%m/%Y %H:%M")]);
            options.formats = format.into_iter().chain(second).map(str::to_owned).collect();
            if kind == Type::Timestamp {
                options.time_zone = choices.pick(&[None, Some(Tz::Europe__Berlin)]);
            }
        }
        Type::Text | Type::Boolean | Type::Json => {}
    }
    options
}

/// Whether the first line is a format.
fn fill_in_formats(options: &mut ColumnOptions, first: &str) -> bool {
    let mut is_free = false;
    for format in options.formats.iter_mut().filter(|it| it.is_empty()) {
        first.clone_into(format);
        is_free = true;
    }
    is_free
}

fn check(
    reader: &mut Reader,
    options: &ColumnOptions,
    table: &Table,
    text: &str,
    is_quoted: bool,
    zone: Tz,
) {
    let mut buffer = BytesMut::from(&b"before"[..]);
    let outcome = reader.write_field(text, is_quoted, &mut buffer);
    let mut again = BytesMut::from(&b"before"[..]);
    assert_eq!(outcome, reader.write_field(text, is_quoted, &mut again));
    let Ok(written) = outcome else {
        return;
    };
    assert_eq!(buffer, again, "the same text is the same value");
    let text = if options.trim.unwrap_or(table.trim) {
        text.trim()
    } else {
        text
    };
    let nulls = options.nulls.as_ref().unwrap_or(&table.nulls);
    let is_null = nulls.iter().any(|it| it == text) && (table.quoted_nulls || !is_quoted);
    assert_eq!(written == Written::Null, is_null);
    let value = buffer.strip_prefix(b"before").expect("what was there stays");
    let (length, value) = value.split_at(4);
    let length = i32::from_be_bytes(length.try_into().expect("four bytes"));
    if is_null {
        assert!(length == -1 && value.is_empty());
        return;
    }
    assert_eq!(usize::try_from(length), Ok(value.len()), "the length is told");
    let digits: String;
    let mut text = text;
    if options.digits {
        digits = text.chars().filter(char::is_ascii_digit).collect();
        text = &digits;
    }
    compare(options, text, value, written, options.time_zone.unwrap_or(zone));
}

/// Against other ways to read the text.
fn compare(options: &ColumnOptions, text: &str, value: &[u8], written: Written, zone: Tz) {
    let is_fraction = options.percent == Some(Percent::Fraction);
    let mark = options.decimal_mark.unwrap_or('.');
    let plain = || plain_decimal(text, mark, &options.currency_signs, is_fraction);
    match options.kind {
        Type::Text => assert_eq!(value, text.as_bytes()),
        Type::Integer => assert_eq!(integer(value).to_string(), plain()),
        Type::Decimal => assert_eq!(decode_numeric(value), plain()),
        Type::Date => compare_date(options, text, value),
        Type::Timestamp => compare_time(options, text, value, written, zone),
        Type::Boolean => assert_eq!(value, [u8::from(is_true(text))]),
        Type::Json => {
            assert_eq!(value.strip_prefix(&[1]), Some(text.as_bytes()));
            serde_json::from_str::<serde_json::Value>(text).expect("valid JSON");
        }
    }
}

fn integer(value: &[u8]) -> i64 {
    i64::from_be_bytes(value.try_into().expect("eight bytes"))
}

fn is_true(text: &str) -> bool {
    let first = text.bytes().next();
    matches!(first, Some(b't' | b'T' | b'y' | b'Y' | b'1'))
}

fn compare_date(options: &ColumnOptions, text: &str, value: &[u8]) {
    let days = i32::from_be_bytes(value.try_into().expect("four bytes"));
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day");
    let day = epoch + TimeDelta::days(i64::from(days));
    assert!(in_range(day));
    let theirs = options.formats.iter().find_map(|it| NaiveDate::parse_from_str(text, it).ok());
    assert_eq!(theirs, Some(day), "chrono reads the same day");
}

fn in_range(day: NaiveDate) -> bool {
    use chrono::Datelike as _;
    (1..=9999).contains(&day.year())
}

fn compare_time(options: &ColumnOptions, text: &str, value: &[u8], written: Written, zone: Tz) {
    let microseconds = integer(value);
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day");
    let epoch = epoch.and_hms_opt(0, 0, 0).expect("a time");
    let time = epoch + TimeDelta::microseconds(microseconds);
    assert!(in_range(time.date()));
    // With several formats the first that fits is taken, after rules that are not repeated here.
    let [format] = options.formats.as_slice() else {
        return;
    };
    if format.starts_with("unix") {
        return;
    }
    if let Ok(theirs) = DateTime::parse_from_str(text, format) {
        assert_eq!(theirs.naive_utc(), time, "chrono reads the same instant");
        return;
    }
    let local = NaiveDateTime::parse_from_str(text, format).expect("chrono reads it too");
    // Chrono keeps the leap second as a fraction above one; ours is the second that follows.
    let theirs = local.and_local_timezone(zone).earliest();
    match theirs {
        Some(theirs) => {
            assert_eq!(written, Written::Plain);
            let leap = theirs.timestamp_subsec_nanos() >= 1_000_000_000;
            assert!(leap || theirs.naive_utc() == time, "chrono reads the same instant");
        }
        None => assert_eq!(written, Written::MovedOutOfGap),
    }
}
