//! Local times into UTC.
//!
//! Invariant: what is remembered of a day gives the same instants as a question to the zone's rules
//! for every time of that day.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

use crate::values::Written;
use crate::values::patterns::Moment;

pub(super) const DAY_S: i64 = 86_400;
const MICROSECONDS: i64 = 1_000_000;
/// Days that are remembered, at their number's remainder: the files of a shop cover some years.
const DAYS: i32 = 4_096;
/// No day of the years 1 to 9999.
const NO_DAY: i32 = i32::MIN;

/// A time zone that remembers the days it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    zone: Tz,
    /// Empty until the first question.
    days: Vec<Day>,
}

#[derive(Debug, Clone, Copy)]
struct Day {
    /// Days since 1970-01-01.
    number: i32,
    /// Seconds east of Greenwich all day; absent: the clock is changed on that day.
    offset_s: Option<i32>,
}

impl Zone {
    pub(super) fn new(zone: Tz) -> Self {
        Self {
            zone,
            days: Vec::new(),
        }
    }

    /// Microseconds since 1970 in UTC: a repeated hour takes the earlier instant, a time in a gap
    /// the gap's end.
    pub(super) fn utc_of(&mut self, local: Moment) -> Option<(i64, Written)> {
        match self.offset_s(local.day) {
            Some(offset_s) => {
                let microseconds = local.microseconds() - i64::from(offset_s) * MICROSECONDS;
                Some((microseconds, Written::Plain))
            }
            None => self.utc_by_rules(local),
        }
    }

    fn offset_s(&mut self, day: i32) -> Option<i32> {
        if self.days.is_empty() {
            let day = Day {
                number: NO_DAY,
                offset_s: None,
            };
            self.days.resize(usize::try_from(DAYS).unwrap_or(1), day);
        }
        let slot = usize::try_from(day.rem_euclid(DAYS)).unwrap_or(0);
        if self.days[slot].number != day {
            self.days[slot] = Day {
                number: day,
                offset_s: self.offset_of_day(day),
            };
        }
        self.days[slot].offset_s
    }

    /// The one offset of a day. Asked for every hour, because a clock may be changed twice.
    fn offset_of_day(&self, day: i32) -> Option<i32> {
        let start = DateTime::from_timestamp(i64::from(day) * DAY_S, 0)?.naive_utc();
        let offset_at = |second| {
            let local = start.checked_add_signed(TimeDelta::seconds(second))?;
            match self.zone.offset_from_local_datetime(&local) {
                LocalResult::Single(offset) => Some(offset.fix().local_minus_utc()),
                LocalResult::Ambiguous(..) | LocalResult::None => None,
            }
        };
        let offset_s = offset_at(DAY_S - 1)?;
        let is_whole = (0..24).all(|hour| offset_at(hour * 3_600) == Some(offset_s));
        is_whole.then_some(offset_s)
    }

    fn utc_by_rules(&self, local: Moment) -> Option<(i64, Written)> {
        let start = DateTime::from_timestamp(i64::from(local.day) * DAY_S, 0)?.naive_utc();
        let second = start.checked_add_signed(TimeDelta::seconds(i64::from(local.second)))?;
        match self.zone.offset_from_local_datetime(&second) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                let offset_s = i64::from(offset.fix().local_minus_utc());
                let microseconds = local.microseconds() - offset_s * MICROSECONDS;
                Some((microseconds, Written::Plain))
            }
            LocalResult::None => {
                let end_s = end_of_gap(second, self.zone)?;
                Some((end_s * MICROSECONDS, Written::MovedOutOfGap))
            }
        }
    }
}

/// The second, since 1970, at which the clock was changed: halves the days around it.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    let is_before = |instant: i64| {
        let utc = DateTime::from_timestamp(instant, 0)?;
        Some(utc.with_timezone(&zone).naive_local() < local)
    };
    let middle = local.and_utc().timestamp();
    let (mut low, mut high) = (middle - DAY_S, middle + DAY_S);
    while high - low > 1 {
        let between = low + (high - low) / 2;
        if is_before(between)? {
            low = between;
        } else {
            high = between;
        }
    }
    Some(high)
}
