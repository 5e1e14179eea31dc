//! Texts of dates and times into PostgreSQL's days and microseconds since 2000-01-01.

use bytes::{BufMut as _, BytesMut};
use chrono_tz::Tz;

use crate::source::ColumnOptions;
use crate::values::patterns::{Moment, Pattern};
use crate::values::zones::{DAY_S, Zone};
use crate::values::{Reason, Written, write_i64};

/// Formats where none is declared, and then the only ones that are tried.
pub(super) const DATE_FORMAT: &str = "%Y-%m-%d";
pub(super) const TIMESTAMP_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Days from 1970-01-01 to 2000-01-01.
const POSTGRES_EPOCH_DAYS: i32 = 10_957;
const MICROSECONDS: i64 = 1_000_000;
/// 0001-01-01 and 9999-12-31 as days since 1970; PostgreSQL's own limits lie far outside.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
/// The same as microseconds since 1970, the last one of 9999 included.
const INSTANTS: std::ops::Range<i64> =
    -719_162 * DAY_S * MICROSECONDS..2_932_897 * DAY_S * MICROSECONDS;

/// How the dates of one column are written.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    patterns: Vec<Pattern>,
}

/// How the times of one column are written.
#[derive(Debug, Clone)]
pub(super) struct Timestamps {
    forms: Vec<Form>,
    zone: Zone,
}

#[derive(Debug, Clone)]
enum Form {
    Pattern(Pattern),
    /// Time since 1970 in UTC, in a unit of so many decimal digits above the microsecond.
    Unix(usize),
}

impl Dates {
    pub(super) fn new(options: &ColumnOptions) -> Result<Self, String> {
        let patterns = formats(options, DATE_FORMAT)?
            .into_iter()
            .map(|format| match format {
                "unix" | "unix_ms" => Err(format!(
                    "`{format}` is a point in time and no day; take type timestamp"
                )),
                _ => Pattern::of_dates(format),
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { patterns })
    }

    /// A day, as length and days since 2000-01-01.
    #[inline]
    pub(super) fn write(&self, text: &str, buffer: &mut BytesMut) -> Result<(), Reason> {
        let day = self.patterns.iter().find_map(|it| it.read_date(text));
        let day = day.filter(|it| DAYS.contains(it)).ok_or("not_a_date")?;
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&4_i32.to_be_bytes());
        bytes[4..].copy_from_slice(&(day - POSTGRES_EPOCH_DAYS).to_be_bytes());
        buffer.put_slice(&bytes);
        Ok(())
    }
}

impl Timestamps {
    pub(super) fn new(options: &ColumnOptions, shop_zone: Tz) -> Result<Self, String> {
        let forms = formats(options, TIMESTAMP_FORMAT)?
            .into_iter()
            .map(|format| match format {
                "unix" => Ok(Form::Unix(6)),
                "unix_ms" => Ok(Form::Unix(3)),
                _ => Pattern::of_times(format).map(Form::Pattern),
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            forms,
            zone: Zone::new(options.time_zone.unwrap_or(shop_zone)),
        })
    }

    /// A point in time, as length and microseconds since 2000-01-01.
    pub(super) fn write(&mut self, text: &str, buffer: &mut BytesMut) -> Result<Written, Reason> {
        let Self { forms, zone } = self;
        let (instant, written) = forms
            .iter()
            .find_map(|form| match form {
                Form::Unix(digits) => Some((read_unix(text, *digits)?, Written::Plain)),
                Form::Pattern(pattern) => to_utc(pattern.read_time(text)?, zone),
            })
            .ok_or("not_a_timestamp")?;
        write_microseconds(instant, buffer)?;
        Ok(written)
    }
}

/// Microseconds since 1970, as length and microseconds since 2000-01-01.
///
/// # Errors
/// `not_a_timestamp` outside of the years 1 to 9999.
pub(super) fn write_microseconds(instant: i64, buffer: &mut BytesMut) -> Result<(), Reason> {
    if !INSTANTS.contains(&instant) {
        return Err("not_a_timestamp");
    }
    let epoch = i64::from(POSTGRES_EPOCH_DAYS) * DAY_S * MICROSECONDS;
    write_i64(instant - epoch, buffer);
    Ok(())
}

fn formats<'a>(options: &'a ColumnOptions, default: &'a str) -> Result<Vec<&'a str>, String> {
    match (&options.format, options.formats.as_slice()) {
        (None, []) => Ok(vec![default]),
        (Some(format), []) => Ok(vec![format]),
        (None, formats) => Ok(formats.iter().map(String::as_str).collect()),
        (Some(_), _) => Err("it has both `format` and `formats`; keep one".to_owned()),
    }
}

fn to_utc(moment: Moment, zone: &mut Zone) -> Option<(i64, Written)> {
    match moment.offset_s {
        None => zone.utc_of(moment),
        Some(offset_s) => {
            let instant = moment.microseconds() - i64::from(offset_s) * MICROSECONDS;
            Some((instant, Written::Plain))
        }
    }
}

/// Microseconds since 1970 from a number with `digits` more digits in front of them; none of its
/// own beyond the microsecond.
fn read_unix(text: &str, digits: usize) -> Option<i64> {
    let (is_negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let (kept, cut) = fraction.split_at_checked(digits).unwrap_or((fraction, ""));
    let is_number = !whole.is_empty()
        && [whole, kept].iter().all(|it| is_digits(it))
        && cut.bytes().all(|it| it == b'0');
    if !is_number {
        return None;
    }
    let zeros = std::iter::repeat_n(b'0', digits - kept.len());
    let value = whole
        .bytes()
        .chain(kept.bytes())
        .chain(zeros)
        .try_fold(0_i64, |value, digit| {
            value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        })?;
    Some(if is_negative { -value } else { value })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
}
