//! Texts of a file into the binary values of a COPY.
//!
//! Invariant: a value is exactly what the text says, or it is refused with the reason's name; never
//! rounded, never guessed.

use bytes::{BufMut as _, BytesMut};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use tokio_postgres::types::{ToSql as _, Type as PostgresType};

use crate::source::Type;

/// Default formats, and the only ones that are tried.
const DATE_FORMAT: &str = "%Y-%m-%d";
const TIMESTAMP_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Years that are taken for real; PostgreSQL's own limits lie far outside.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// Why a text is no value of its type; the name of the rule that it breaks.
pub(crate) type Reason = &'static str;

/// How the texts of one column are read.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Type of the value.
    pub kind: Type,
    /// strftime format of dates and times.
    pub format: Option<String>,
    /// The shop's zone, for times without an offset.
    pub time_zone: Tz,
    /// Read only the digits of the text.
    pub digits: bool,
}

/// What was written, and what a person should know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The value as it stands.
    Plain,
    /// A local time that a change of the clock skipped, moved to the end of the gap.
    MovedOutOfGap,
}

impl Reader {
    /// Appends length and value in PostgreSQL's binary format.
    ///
    /// # Errors
    /// The reason's name; what was appended must then be cut off by the caller.
    pub(crate) fn write(&self, text: &str, buffer: &mut BytesMut) -> Result<Written, Reason> {
        let digits;
        let text = if self.digits {
            digits = text
                .chars()
                .filter(char::is_ascii_digit)
                .collect::<String>();
            &digits
        } else {
            text
        };
        match self.kind {
            Type::Text => write_text(text, buffer),
            Type::Integer => write_integer(text, buffer),
            Type::Decimal => write_decimal(text, buffer),
            Type::Date => write_date(text, self.format.as_deref(), buffer),
            Type::Timestamp => return self.write_timestamp(text, buffer),
            Type::Boolean => write_boolean(text, buffer),
            Type::Json => write_json(text, buffer),
        }?;
        Ok(Written::Plain)
    }

    fn write_timestamp(&self, text: &str, buffer: &mut BytesMut) -> Result<Written, Reason> {
        let format = self.format.as_deref().unwrap_or(TIMESTAMP_FORMAT);
        let (instant, written) = if format.contains("%z") || format.contains("%:z") {
            let parsed = DateTime::parse_from_str(text, format).map_err(|_| "not_a_timestamp")?;
            (parsed.with_timezone(&Utc), Written::Plain)
        } else {
            let local =
                NaiveDateTime::parse_from_str(text, format).map_err(|_| "not_a_timestamp")?;
            to_utc(local, self.time_zone).ok_or("not_a_timestamp")?
        };
        if !YEARS.contains(&instant.year()) {
            return Err("not_a_timestamp");
        }
        write_instant(instant, buffer)?;
        Ok(written)
    }
}

/// A point in time, as length and microseconds since 2000-01-01.
///
/// # Errors
/// `not_a_timestamp` outside of what PostgreSQL can hold.
pub(crate) fn write_instant(instant: DateTime<Utc>, buffer: &mut BytesMut) -> Result<(), Reason> {
    put_sized(buffer, |buffer| {
        instant
            .to_sql(&PostgresType::TIMESTAMPTZ, buffer)
            .map_err(|_| "not_a_timestamp")?;
        Ok(())
    })
}

/// A number of 64 bits, as length and value.
pub(crate) fn write_i64(value: i64, buffer: &mut BytesMut) {
    buffer.put_i32(8);
    buffer.put_i64(value);
}

/// No value.
pub(crate) fn write_null(buffer: &mut BytesMut) {
    buffer.put_i32(-1);
}

/// Any text without a NUL character, which PostgreSQL cannot hold.
///
/// # Errors
/// `nul_character`.
pub(crate) fn write_text(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    if text.contains('\0') {
        return Err("nul_character");
    }
    let length = i32::try_from(text.len()).map_err(|_| "too_long")?;
    buffer.put_i32(length);
    buffer.put_slice(text.as_bytes());
    Ok(())
}

fn write_integer(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    let value: i64 = text.parse().map_err(|_| "not_an_integer")?;
    write_i64(value, buffer);
    Ok(())
}

fn write_decimal(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    let is_plain = text
        .bytes()
        .all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+'));
    if !is_plain {
        return Err("not_a_decimal");
    }
    // Exact: more than 28 digits are refused, never rounded.
    let value = Decimal::from_str_exact(text).map_err(|_| "not_a_decimal")?;
    put_sized(buffer, |buffer| {
        value
            .to_sql(&PostgresType::NUMERIC, buffer)
            .map_err(|_| "not_a_decimal")?;
        Ok(())
    })
}

fn write_date(text: &str, format: Option<&str>, buffer: &mut BytesMut) -> Result<(), Reason> {
    let format = format.unwrap_or(DATE_FORMAT);
    let value = NaiveDate::parse_from_str(text, format).map_err(|_| "not_a_date")?;
    if !YEARS.contains(&value.year()) {
        return Err("not_a_date");
    }
    put_sized(buffer, |buffer| {
        value
            .to_sql(&PostgresType::DATE, buffer)
            .map_err(|_| "not_a_date")?;
        Ok(())
    })
}

fn write_boolean(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    let value = match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => 1,
        "false" | "f" | "no" | "n" | "0" => 0,
        _ => return Err("not_a_boolean"),
    };
    buffer.put_i32(1);
    buffer.put_u8(value);
    Ok(())
}

fn write_json(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    // A whole value, not only its form: lone surrogates and endless numbers are refused here, as
    // PostgreSQL would refuse them for the whole file.
    serde_json::from_str::<serde_json::Value>(text).map_err(|_| "not_json")?;
    // The escape of a NUL character is valid JSON that PostgreSQL refuses.
    if text.contains("\\u0000") {
        return Err("nul_character");
    }
    put_sized(buffer, |buffer| {
        buffer.put_u8(1);
        buffer.put_slice(text.as_bytes());
        Ok(())
    })
}

/// Writes the length of what `write` appends in front of it.
fn put_sized(
    buffer: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let start = buffer.len();
    buffer.put_i32(0);
    write(buffer)?;
    let length = i32::try_from(buffer.len() - start - 4).map_err(|_| "too_long")?;
    buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Local time into UTC: a repeated hour takes the earlier instant, a time in a gap the gap's end.
fn to_utc(local: NaiveDateTime, zone: Tz) -> Option<(DateTime<Utc>, Written)> {
    use chrono::LocalResult;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
            Some((instant.with_timezone(&Utc), Written::Plain))
        }
        LocalResult::None => Some((end_of_gap(local, zone)?, Written::MovedOutOfGap)),
    }
}

/// The instant at which the clock was changed: halves the day around it to the second.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let is_before = |instant: i64| {
        let utc = DateTime::from_timestamp(instant, 0)?;
        Some(utc.with_timezone(&zone).naive_local() < local)
    };
    let day_s = 86_400;
    let middle = local.and_utc().timestamp();
    let (mut low, mut high) = (middle - day_s, middle + day_s);
    while high - low > 1 {
        let between = low + (high - low) / 2;
        if is_before(between)? {
            low = between;
        } else {
            high = between;
        }
    }
    DateTime::from_timestamp(high, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(kind: Type) -> Reader {
        Reader {
            kind,
            format: None,
            time_zone: chrono_tz::America::Sao_Paulo,
            digits: false,
        }
    }

    fn write(kind: Type, text: &str) -> Result<Vec<u8>, Reason> {
        let mut buffer = BytesMut::new();
        reader(kind)
            .write(text, &mut buffer)
            .map(|_| buffer.to_vec())
    }

    fn utc(text: &str) -> DateTime<Utc> {
        let local = NaiveDateTime::parse_from_str(text, TIMESTAMP_FORMAT).expect("a time");
        to_utc(local, chrono_tz::America::Sao_Paulo)
            .expect("an instant")
            .0
    }

    #[test]
    fn what_is_no_value_is_refused_with_its_reason() {
        for (kind, text, reason) in [
            (Type::Integer, "1.0", "not_an_integer"),
            (Type::Integer, " 1", "not_an_integer"),
            (Type::Integer, "9223372036854775808", "not_an_integer"),
            (Type::Decimal, "NaN", "not_a_decimal"),
            (Type::Decimal, "1e3", "not_a_decimal"),
            (Type::Decimal, "1,5", "not_a_decimal"),
            (
                Type::Decimal,
                "0.12345678901234567890123456789",
                "not_a_decimal",
            ),
            (Type::Date, "2023-02-29", "not_a_date"),
            (Type::Date, "now", "not_a_date"),
            (Type::Timestamp, "2023-02-28", "not_a_timestamp"),
            (Type::Boolean, "maybe", "not_a_boolean"),
            (Type::Text, "a\0b", "nul_character"),
            (Type::Date, "-5000-01-01", "not_a_date"),
            (Type::Date, "0000-01-01", "not_a_date"),
            (Type::Timestamp, "+12000-01-01 00:00:00", "not_a_timestamp"),
            (Type::Json, "\"\\ud800\"", "not_json"),
            (Type::Json, "[1e1000000]", "not_json"),
            (Type::Json, "{", "not_json"),
            (Type::Json, "\"\\u0000\"", "nul_character"),
        ] {
            assert_eq!(write(kind, text), Err(reason), "{kind:?} {text}");
        }
    }

    #[test]
    fn values_have_their_length_in_front() {
        assert_eq!(write(Type::Text, "ab"), Ok(vec![0, 0, 0, 2, b'a', b'b']));
        assert_eq!(write(Type::Integer, "-1").map(|it| it.len()), Ok(12));
        assert_eq!(write(Type::Boolean, "Yes"), Ok(vec![0, 0, 0, 1, 1]));
    }

    #[test]
    fn digits_of_an_identifier_are_a_number() {
        let mut buffer = BytesMut::new();
        let reader = Reader {
            digits: true,
            ..reader(Type::Integer)
        };
        assert_eq!(reader.write("ITEM00017", &mut buffer), Ok(Written::Plain));
        assert_eq!(buffer[4..], 17_i64.to_be_bytes());
    }

    #[test]
    fn a_skipped_midnight_moves_to_the_end_of_its_gap() {
        // Brazil went from 00:00 to 01:00 on 2017-10-15.
        assert_eq!(utc("2017-10-15 00:00:00"), utc("2017-10-15 01:00:00"));
        assert_eq!(utc("2017-10-15 00:59:59"), utc("2017-10-15 01:00:00"));
        assert_eq!(
            utc("2017-10-15 01:00:00").to_rfc3339(),
            "2017-10-15T03:00:00+00:00"
        );
    }

    #[test]
    fn a_repeated_hour_takes_the_earlier_instant() {
        assert_eq!(
            utc("2018-02-17 23:30:00").to_rfc3339(),
            "2018-02-18T01:30:00+00:00"
        );
    }
}
