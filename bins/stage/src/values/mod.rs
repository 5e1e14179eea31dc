//! Texts of a file into the binary values of a COPY.
//!
//! Invariant: a value is exactly what the text says, or it is refused with the reason's name; never
//! rounded, never guessed.

mod json;
mod numbers;
mod patterns;
mod short;
mod steps;
#[cfg(test)]
mod tests;
mod times;
mod zones;

use bytes::{BufMut as _, BytesMut};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::source::{ColumnOptions, Table, Type};
use crate::values::numbers::Numbers;
use crate::values::times::{Dates, Timestamps};

/// Why a text is no value of its type; the name of the rule that it breaks.
pub type Reason = &'static str;

/// What was written, and what a person should know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// No value.
    Null,
    /// The value as it stands.
    Plain,
    /// A local time that a change of the clock skipped, moved to the end of the gap.
    MovedOutOfGap,
}

/// How the texts of one column are read.
#[derive(Debug, Clone)]
pub struct Reader {
    is_trimmed: bool,
    nulls: Vec<String>,
    quoted_nulls: bool,
    /// Room for the digits of one text, where only they are read.
    digits: Option<String>,
    values: Values,
}

/// What the texts are.
#[derive(Debug, Clone)]
enum Values {
    Text,
    Integer(Numbers),
    Decimal(Numbers),
    Date(Dates),
    Timestamp(Timestamps),
    Boolean,
    Json,
}

impl Reader {
    /// Puts a column's declaration and its table's together; local times are the shop's where the
    /// column names no zone.
    ///
    /// # Errors
    /// What is wrong with the declaration.
    pub fn new(options: &ColumnOptions, table: &Table, shop_zone: Tz) -> Result<Self, String> {
        refuse_idle_options(options)?;
        let values = match options.kind {
            Type::Text => Values::Text,
            Type::Integer => Values::Integer(Numbers::new(options, table)?),
            Type::Decimal => Values::Decimal(Numbers::new(options, table)?),
            Type::Date => Values::Date(Dates::new(options)?),
            Type::Timestamp => Values::Timestamp(Timestamps::new(options, shop_zone)?),
            Type::Boolean => Values::Boolean,
            Type::Json => Values::Json,
        };
        Ok(Self {
            is_trimmed: options.trim.unwrap_or(table.trim),
            nulls: options.nulls.as_ref().unwrap_or(&table.nulls).clone(),
            quoted_nulls: table.quoted_nulls,
            digits: options.digits.then(String::new),
            values,
        })
    }

    /// Appends what a field of the file says: no value, or one with its length in front.
    ///
    /// # Errors
    /// The reason's name; what was appended must then be cut off by the caller.
    pub fn write_field(
        &mut self,
        text: &str,
        is_quoted: bool,
        buffer: &mut BytesMut,
    ) -> Result<Written, Reason> {
        let text = self.trimmed(text);
        if self.is_null(text, is_quoted) {
            write_null(buffer);
            return Ok(Written::Null);
        }
        self.write(text, buffer)
    }

    /// The text without white space around it, where the declaration says so.
    pub(crate) fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        if self.is_trimmed { text.trim() } else { text }
    }

    /// Whether a text, after `trimmed`, means "no value".
    pub(crate) fn is_null(&self, text: &str, is_quoted: bool) -> bool {
        (self.quoted_nulls || !is_quoted) && self.nulls.iter().any(|null| null == text)
    }

    /// Appends length and value in PostgreSQL's binary format; the text is taken as it is.
    ///
    /// # Errors
    /// The reason's name; what was appended must then be cut off by the caller.
    pub(crate) fn write(&mut self, text: &str, buffer: &mut BytesMut) -> Result<Written, Reason> {
        let text = match &mut self.digits {
            None => text,
            Some(digits) => {
                digits.clear();
                digits.extend(text.chars().filter(char::is_ascii_digit));
                digits
            }
        };
        match &mut self.values {
            Values::Text => write_text(text, buffer),
            Values::Integer(numbers) => numbers.write_integer(text, buffer),
            Values::Decimal(numbers) => numbers.write_decimal(text, buffer),
            Values::Date(dates) => dates.write(text, buffer),
            Values::Timestamp(timestamps) => return timestamps.write(text, buffer),
            Values::Boolean => write_boolean(text, buffer),
            Values::Json => write_json(text, buffer),
        }?;
        Ok(Written::Plain)
    }
}

/// An option that would change nothing is a mistake that its writer should hear of.
fn refuse_idle_options(options: &ColumnOptions) -> Result<(), String> {
    let is_number = matches!(options.kind, Type::Integer | Type::Decimal);
    let is_time = matches!(options.kind, Type::Date | Type::Timestamp);
    let has_marks = options.decimal_mark.is_some() || options.thousands_mark.is_some();
    let idle = [
        ("format", options.format.is_some() && !is_time),
        ("formats", !options.formats.is_empty() && !is_time),
        (
            "time_zone",
            options.time_zone.is_some() && options.kind != Type::Timestamp,
        ),
        ("decimal_mark or thousands_mark", has_marks && !is_number),
        (
            "currency_signs",
            !options.currency_signs.is_empty() && !is_number,
        ),
        ("percent", options.percent.is_some() && !is_number),
    ];
    match idle.iter().find(|(_, is_idle)| *is_idle) {
        None => Ok(()),
        Some((name, _)) => {
            let kind = format!("{:?}", options.kind).to_lowercase();
            Err(format!(
                "{name} means nothing for type {kind}; remove it, or change the type"
            ))
        }
    }
}

/// A point in time, as length and microseconds since 2000-01-01.
///
/// # Errors
/// `not_a_timestamp` outside of the years 1 to 9999.
pub(crate) fn write_instant(instant: DateTime<Utc>, buffer: &mut BytesMut) -> Result<(), Reason> {
    times::write_microseconds(instant.timestamp_micros(), buffer)
}

/// A number of 64 bits, as length and value.
pub(crate) fn write_i64(value: i64, buffer: &mut BytesMut) {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&8_i32.to_be_bytes());
    bytes[4..].copy_from_slice(&value.to_be_bytes());
    buffer.put_slice(&bytes);
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
    if has_nul(text.as_bytes()) {
        return Err("nul_character");
    }
    let length = i32::try_from(text.len()).map_err(|_| "too_long")?;
    buffer.put_i32(length);
    buffer.put_slice(text.as_bytes());
    Ok(())
}

/// Texts of 4 to 16 bytes, which most keys are, are two words that overlap.
fn has_nul(text: &[u8]) -> bool {
    if let (4..8, Some(first), Some(last)) = (text.len(), text.first_chunk(), text.last_chunk()) {
        let words = [*first, *last].map(|it| u64::from(u32::from_ne_bytes(it)));
        return has_zero_byte(words[0] << 32 | words[1]);
    }
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) if text.len() <= 16 => {
            has_zero_byte(u64::from_ne_bytes(*first)) || has_zero_byte(u64::from_ne_bytes(*last))
        }
        _ => text.contains(&0),
    }
}

/// Only a byte of zero borrows, on the way down by one, without having had its high bit.
fn has_zero_byte(word: u64) -> bool {
    const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS != 0
}

fn write_boolean(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    let is_one_of = |words: [&str; 5]| words.iter().any(|it| it.eq_ignore_ascii_case(text));
    let value = if is_one_of(["true", "t", "yes", "y", "1"]) {
        1
    } else if is_one_of(["false", "f", "no", "n", "0"]) {
        0
    } else {
        return Err("not_a_boolean");
    };
    buffer.put_slice(&[0, 0, 0, 1, value]);
    Ok(())
}

fn write_json(text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
    json::check(text)?;
    let length = i32::try_from(text.len() + 1).map_err(|_| "too_long")?;
    buffer.put_i32(length);
    // The version of jsonb's binary format.
    buffer.put_u8(1);
    buffer.put_slice(text.as_bytes());
    Ok(())
}
