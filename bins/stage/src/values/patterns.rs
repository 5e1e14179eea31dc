//! strftime formats of dates and times.
//!
//! Invariant: the quick way reads a text as chrono does, or leaves it to chrono.

use std::fmt::Write as _;

use chrono::format::{self, Fixed, Item, Numeric, Pad, ParseErrorKind, Parsed, StrftimeItems};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _, Utc};

use crate::values::steps::Steps;

/// Days from the first of year 1, which is day 1, to 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;
/// Digits of a fraction of a second that chrono reads; it passes over the others.
const READ_FRACTION_DIGITS: usize = 9;
/// 2023-12-25 13:13:16 and 2023-01-02 03:04:05.
const SAMPLES: [i64; 2] = [1_703_509_996, 1_672_628_645];

/// A time of some day, on the clock of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Days since 1970-01-01.
    pub(super) day: i32,
    /// Seconds since midnight.
    pub(super) second: u32,
    /// Microseconds since the second.
    pub(super) microsecond: u32,
    /// Seconds east of Greenwich, where the text names them.
    pub(super) offset_s: Option<i32>,
}

/// One format, ready for reading.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    items: Vec<Item<'static>>,
    /// The same for texts of the usual width; absent where the format is none of the usual ones.
    steps: Option<Steps>,
    has_offset: bool,
}

impl Moment {
    /// Microseconds since 1970 by the same clock.
    pub(super) fn microseconds(&self) -> i64 {
        let seconds = i64::from(self.day) * 86_400 + i64::from(self.second);
        seconds * 1_000_000 + i64::from(self.microsecond)
    }
}

impl Pattern {
    /// A format that names a day.
    pub(super) fn of_dates(format: &str) -> Result<Self, String> {
        let pattern = Self::new(format)?;
        let needs = "a date needs year, month and day";
        pattern.check(format, needs, |parsed, written| {
            Ok(parsed.to_naive_date()? == written.date())
        })?;
        Ok(pattern)
    }

    /// A format that names a day and a time of it.
    pub(super) fn of_times(format: &str) -> Result<Self, String> {
        let pattern = Self::new(format)?;
        let needs = "a timestamp needs year, month, day, hour and minute";
        let minute = |time: NaiveDateTime| (time.date(), time.hour(), time.minute());
        pattern.check(format, needs, |parsed, written| {
            Ok(minute(parsed.to_naive_datetime_with_offset(0)?) == minute(written))
        })?;
        Ok(pattern)
    }

    fn new(format: &str) -> Result<Self, String> {
        let items = StrftimeItems::new(format)
            .parse_to_owned()
            .map_err(|_| format!("`{format}` is no strftime format"))?;
        refuse_misleading(&items)?;
        Ok(Self {
            steps: Steps::new(&items),
            has_offset: items.iter().any(is_offset),
            items,
        })
    }

    /// Writes a time with long numbers and one with short ones, and reads both back: a format
    /// without marks between numbers of any width would be a guess.
    fn check(
        &self,
        format: &str,
        needs: &str,
        is_same: impl Fn(&Parsed, NaiveDateTime) -> format::ParseResult<bool>,
    ) -> Result<(), String> {
        let unreadable = || format!("times that are written as `{format}` cannot be read back");
        for seconds in SAMPLES {
            let time = DateTime::from_timestamp(seconds, 0).ok_or_else(unreadable)?;
            let text = self.sample(time).ok_or_else(unreadable)?;
            let parsed = self.parse(&text).ok_or_else(unreadable)?;
            match is_same(&parsed, time.naive_utc()).map_err(|error| error.kind()) {
                Ok(true) => {}
                Err(ParseErrorKind::NotEnough) => {
                    return Err(format!("`{format}` says too little: {needs}"));
                }
                Ok(false) | Err(_) => return Err(unreadable()),
            }
        }
        Ok(())
    }

    fn sample(&self, time: DateTime<Utc>) -> Option<String> {
        let permissive = permissive_offset();
        let items = self.items.iter().map(|item| match item {
            // This one is for reading only.
            item if *item == permissive => &Item::Fixed(Fixed::TimezoneOffset),
            item => item,
        });
        let mut text = String::new();
        write!(text, "{}", time.format_with_items(items)).ok()?;
        Some(text)
    }

    /// Days since 1970-01-01.
    #[inline]
    pub(super) fn read_date(&self, text: &str) -> Option<i32> {
        if let Some(moment) = self.read_quickly(text) {
            return Some(moment.day);
        }
        let date = self.parse(text)?.to_naive_date().ok()?;
        Some(days_since_epoch(date))
    }

    /// A time; nothing that it says is cut off.
    pub(super) fn read_time(&self, text: &str) -> Option<Moment> {
        self.read_quickly(text).or_else(|| self.read_slowly(text))
    }

    #[inline]
    pub(super) fn read_quickly(&self, text: &str) -> Option<Moment> {
        self.steps.as_ref()?.read(text.as_bytes())
    }

    pub(super) fn read_slowly(&self, text: &str) -> Option<Moment> {
        let parsed = self.parse(text)?;
        if is_beyond_nanoseconds(text) {
            return None;
        }
        if self.has_offset {
            let time = parsed.to_datetime().ok()?;
            let offset_s = time.offset().local_minus_utc();
            return moment(time.naive_local(), Some(offset_s));
        }
        moment(parsed.to_naive_datetime_with_offset(0).ok()?, None)
    }

    fn parse(&self, text: &str) -> Option<Parsed> {
        let mut parsed = Parsed::new();
        let mut rest = text;
        for (index, item) in self.items.iter().enumerate() {
            let after = format::parse_and_remainder(&mut parsed, rest, [item].into_iter()).ok()?;
            let taken = rest.strip_suffix(after)?;
            let touches_number = self.is_number(index.wrapping_sub(1)) || self.is_number(index + 1);
            if !is_written_so(item, taken, touches_number) {
                return None;
            }
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
        // `%Y` takes 23 for the year 23; only 0023 says so.
        let is_short = parsed
            .year()
            .is_some_and(|it| (0..1_000).contains(&it) && !text.contains(&format!("{it:04}")));
        (!is_short).then_some(parsed)
    }

    fn is_number(&self, index: usize) -> bool {
        matches!(self.items.get(index), Some(Item::Numeric(..)))
    }
}

fn moment(time: NaiveDateTime, offset_s: Option<i32>) -> Option<Moment> {
    let nanosecond = time.nanosecond();
    // A second of 60 is the one before and a billion nanoseconds.
    let is_leap = nanosecond >= 1_000_000_000;
    (!is_leap && nanosecond.is_multiple_of(1_000)).then(|| Moment {
        day: days_since_epoch(time.date()),
        second: time.num_seconds_from_midnight(),
        microsecond: nanosecond / 1_000,
        offset_s,
    })
}

/// Days since 1970-01-01.
fn days_since_epoch(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_DAYS_FROM_CE
}

/// Whether a part is written as its format says: chrono passes over signs and spaces before numbers,
/// needs no space where the format has one, and ends a number early where the text runs out of
/// digits, though the digits may belong to the numbers before.
fn is_written_so(item: &Item<'_>, taken: &str, touches_number: bool) -> bool {
    let begins_so = |text: &str| text.bytes().next().is_some_and(|it| it.is_ascii_digit());
    match item {
        Item::Space(_) | Item::OwnedSpace(_) => !taken.is_empty(),
        Item::Numeric(numeric, pad) => {
            let number = match pad {
                Pad::Space => taken.trim_start_matches(' '),
                Pad::None | Pad::Zero => taken,
            };
            begins_so(number) && (!touches_number || taken.len() == width(numeric))
        }
        Item::Fixed(Fixed::RFC3339) => begins_so(taken) && !has_loose_spaces(taken),
        Item::Fixed(_) => !taken.starts_with(char::is_whitespace),
        Item::Literal(_) | Item::OwnedLiteral(_) | Item::Error => true,
    }
}

/// Digits of a number that stands next to another one.
fn width(numeric: &Numeric) -> usize {
    match numeric {
        Numeric::Year | Numeric::IsoYear => 4,
        Numeric::Ordinal => 3,
        Numeric::Quarter | Numeric::NumDaysFromSun | Numeric::WeekdayFromMon => 1,
        _ => 2,
    }
}

/// Whether there are spaces, other than one between day and time.
fn has_loose_spaces(text: &str) -> bool {
    let mut spaces = text.match_indices(char::is_whitespace);
    spaces.next().is_some_and(|(at, space)| {
        let before = text[..at].ends_with(|it: char| it.is_ascii_digit());
        let after = text[at + space.len()..].starts_with(|it: char| it.is_ascii_digit());
        !before || !after || spaces.next().is_some()
    })
}

/// Whether a fraction has digits, other than zeros, that chrono passes over.
fn is_beyond_nanoseconds(text: &str) -> bool {
    text.split('.').skip(1).any(|fraction| {
        fraction
            .bytes()
            .take_while(u8::is_ascii_digit)
            .skip(READ_FRACTION_DIGITS)
            .any(|it| it != b'0')
    })
}

/// Parts that chrono reads in another way than people expect, each with what to write instead.
fn refuse_misleading(items: &[Item<'_>]) -> Result<(), String> {
    for item in items {
        let problem = match item {
            Item::Numeric(Numeric::Timestamp, _) => {
                "`%s` mixes seconds since 1970 with local times; write `unix` as the whole format"
            }
            Item::Numeric(Numeric::Nanosecond, _) => {
                "`%f` counts nanoseconds, so that `.5` would be 5 of them; write `%.f` without a \
                 point before it"
            }
            Item::Fixed(Fixed::TimezoneName) => {
                "`%Z` passes over the zone's name unread; write the name itself in the format, and \
                 give `time_zone`"
            }
            _ => continue,
        };
        return Err(problem.to_owned());
    }
    Ok(())
}

/// `%#z`, which chrono gives no name in Rust.
pub(super) fn permissive_offset() -> Item<'static> {
    StrftimeItems::new("%#z").next().unwrap_or(Item::Error)
}

/// Whether an item reads how far a time is from UTC.
fn is_offset(item: &Item<'_>) -> bool {
    let is_fixed = matches!(
        item,
        Item::Fixed(
            Fixed::TimezoneOffset
                | Fixed::TimezoneOffsetColon
                | Fixed::TimezoneOffsetDoubleColon
                | Fixed::TimezoneOffsetTripleColon
                | Fixed::TimezoneOffsetColonZ
                | Fixed::TimezoneOffsetZ
                | Fixed::RFC2822
                | Fixed::RFC3339
        )
    );
    is_fixed || *item == permissive_offset()
}
