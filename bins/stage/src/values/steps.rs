//! Texts of the usual width, read step by step.
//!
//! Invariant: a text is read as chrono reads it, or not at all.

use chrono::format::{Fixed, Item, Numeric};

use crate::values::patterns::{Moment, permissive_offset};

const MICROSECOND_DIGITS: usize = 6;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i32 = 719_468;

/// A format that is made of whole parts in digits, each of them once.
#[derive(Debug, Clone)]
pub(super) struct Steps(Vec<Step>);

/// A part of a text of the usual width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// `T` or a space.
    Between,
    /// Year, month and day as most files have them: one step, because there are so many.
    IsoDate,
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Offset {
        or_z: bool,
    },
}

/// What the steps have found.
#[derive(Debug, Default)]
struct Parts {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    microsecond: u32,
    offset_s: Option<i32>,
}

impl Steps {
    /// The steps of a format; nothing where it has other parts.
    pub(super) fn new(items: &[Item<'_>]) -> Option<Self> {
        let mut steps = Vec::new();
        for item in items {
            match item {
                Item::Literal(text) => steps.extend(text.bytes().map(Step::Byte)),
                Item::OwnedLiteral(text) => steps.extend(text.bytes().map(Step::Byte)),
                Item::Space(" ") => steps.push(Step::Byte(b' ')),
                Item::OwnedSpace(text) if &**text == " " => steps.push(Step::Byte(b' ')),
                Item::Numeric(numeric, _) => steps.push(numeric_step(numeric)?),
                Item::Fixed(Fixed::Nanosecond) => steps.push(Step::Fraction),
                Item::Fixed(Fixed::TimezoneOffset | Fixed::TimezoneOffsetColon) => {
                    steps.push(Step::Offset { or_z: false });
                }
                Item::Fixed(Fixed::RFC3339) => steps.extend(RFC3339_STEPS),
                item if *item == permissive_offset() => steps.push(Step::Offset { or_z: true }),
                _ => return None,
            }
        }
        let parts = steps.iter().filter(|it| !matches!(it, Step::Byte(_)));
        let is_single = parts.clone().all(|it| {
            steps
                .iter()
                .filter(|other| it.is_same_part(**other))
                .count()
                == 1
        });
        let has = |step| steps.contains(&step);
        let has_day =
            (has(Step::Year) || has(Step::ShortYear)) && has(Step::Month) && has(Step::Day);
        // A fraction belongs to the second before it.
        let has_second = !has(Step::Fraction) || has(Step::Second);
        (is_single && has_day && has_second).then(|| {
            if steps.starts_with(&ISO_DATE) {
                steps.splice(..ISO_DATE.len(), [Step::IsoDate]);
            }
            Self(steps)
        })
    }

    /// Follows the steps; nothing where the text is not of the usual width, or no time at all.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<Moment> {
        let mut parts = Parts::default();
        let mut rest = text;
        for step in &self.0 {
            match step {
                Step::Byte(byte) => rest = rest.strip_prefix(std::slice::from_ref(byte))?,
                Step::Between => {
                    let (first, after) = rest.split_first()?;
                    matches!(first, b'T' | b't' | b' ').then_some(())?;
                    rest = after;
                }
                Step::IsoDate => {
                    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, after @ ..] = rest else {
                        return None;
                    };
                    parts.year = number(*y1, *y2)? * 100 + number(*y3, *y4)?;
                    parts.month = number(*m1, *m2)?;
                    parts.day = number(*d1, *d2)?;
                    rest = after;
                }
                Step::Year => parts.year = pair(&mut rest)? * 100 + pair(&mut rest)?,
                Step::ShortYear => {
                    let year = pair(&mut rest)?;
                    // The century that chrono, and POSIX, take.
                    parts.year = if year < 70 {
                        2_000 + year
                    } else {
                        1_900 + year
                    };
                }
                Step::Month => parts.month = pair(&mut rest)?,
                Step::Day => parts.day = pair(&mut rest)?,
                Step::Hour => parts.hour = pair(&mut rest)?,
                Step::Minute => parts.minute = pair(&mut rest)?,
                Step::Second => parts.second = pair(&mut rest)?,
                Step::Fraction => parts.microsecond = fraction(&mut rest)?,
                Step::Offset { or_z } => parts.offset_s = Some(offset_s(&mut rest, *or_z)?),
            }
        }
        if rest.is_empty() {
            parts.moment()
        } else {
            None
        }
    }
}

/// `%Y-%m-%d`.
const ISO_DATE: [Step; 5] = [
    Step::Year,
    Step::Byte(b'-'),
    Step::Month,
    Step::Byte(b'-'),
    Step::Day,
];

/// `%+`, in the form that is written most.
const RFC3339_STEPS: [Step; 13] = [
    Step::Year,
    Step::Byte(b'-'),
    Step::Month,
    Step::Byte(b'-'),
    Step::Day,
    Step::Between,
    Step::Hour,
    Step::Byte(b':'),
    Step::Minute,
    Step::Byte(b':'),
    Step::Second,
    Step::Fraction,
    Step::Offset { or_z: true },
];

fn numeric_step(numeric: &Numeric) -> Option<Step> {
    Some(match numeric {
        Numeric::Year => Step::Year,
        Numeric::YearMod100 => Step::ShortYear,
        Numeric::Month => Step::Month,
        Numeric::Day => Step::Day,
        Numeric::Hour => Step::Hour,
        Numeric::Minute => Step::Minute,
        Numeric::Second => Step::Second,
        _ => return None,
    })
}

impl Step {
    /// Whether both would tell the same thing.
    fn is_same_part(self, other: Self) -> bool {
        let is_year = |it| matches!(it, Self::Year | Self::ShortYear);
        let is_offset = |it| matches!(it, Self::Offset { .. });
        self == other || (is_year(self) && is_year(other)) || (is_offset(self) && is_offset(other))
    }
}

impl Parts {
    /// Seconds beyond 59 are left to chrono.
    fn moment(&self) -> Option<Moment> {
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        Some(Moment {
            day: self.days_since_epoch()?,
            second: self.hour * 3_600 + self.minute * 60 + self.second,
            microsecond: self.microsecond,
            offset_s: self.offset_s,
        })
    }

    /// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`; year 0 is left to chrono.
    fn days_since_epoch(&self) -> Option<i32> {
        let is_leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 => 28 + u32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if self.year == 0 || self.day == 0 || self.day > days {
            return None;
        }
        // Years begin in March here, so that a leap day is the last of its year.
        let (year, month) = if self.month > 2 {
            (self.year, self.month - 3)
        } else {
            (self.year - 1, self.month + 9)
        };
        let leap_days = year / 4 - year / 100 + year / 400;
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        i32::try_from(365 * year + leap_days + day_of_year)
            .ok()
            .map(|days| days - EPOCH_DAYS)
    }
}

/// The number that comes next, of two digits.
fn pair(rest: &mut &[u8]) -> Option<u32> {
    let [tens, ones, after @ ..] = *rest else {
        return None;
    };
    *rest = after;
    number(*tens, *ones)
}

/// A number of two digits.
fn number(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Microseconds of a point and up to six digits, or of nothing.
fn fraction(rest: &mut &[u8]) -> Option<u32> {
    let [b'.', digits @ ..] = *rest else {
        return Some(0);
    };
    let length = digits.iter().take_while(|it| it.is_ascii_digit()).count();
    if !(1..=MICROSECOND_DIGITS).contains(&length) {
        return None;
    }
    let (digits, after) = digits.split_at(length);
    *rest = after;
    let zeros = std::iter::repeat_n(&b'0', MICROSECOND_DIGITS - length);
    let digits = digits.iter().chain(zeros);
    Some(digits.fold(0, |value, it| value * 10 + u32::from(it - b'0')))
}

/// Seconds east of Greenwich: `+0200`, `+02:00` or, where it may stand, `Z`.
fn offset_s(rest: &mut &[u8], or_z: bool) -> Option<i32> {
    let (sign, after) = match *rest {
        [b'Z' | b'z', after @ ..] if or_z => {
            *rest = after;
            return Some(0);
        }
        [b'+', after @ ..] => (1, after),
        [b'-', after @ ..] => (-1, after),
        _ => return None,
    };
    *rest = after;
    let hours = pair(rest)?;
    if let [b':', after @ ..] = *rest {
        *rest = after;
    }
    let minutes = pair(rest)?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    i32::try_from(hours * 3_600 + minutes * 60)
        .ok()
        .map(|seconds| sign * seconds)
}
