//! Moments of the shop's local clock, and the texts that they become.

use chrono::{
    Datelike as _, Days, LocalResult, NaiveDate, NaiveDateTime, Offset as _, TimeZone as _,
};
use chrono_tz::{America::New_York, Tz};

/// The shop's time zone; `config/sources/synthetic/source.toml` names the same one.
const TIME_ZONE: Tz = New_York;
/// Days before the first day of trade of which a text is kept: three years of registrations and one
/// of what came before them.
const EARLIER_DAYS: i32 = 4 * 366;
/// Days after the last one, up to which parcels and returns may be under way.
const LATER_DAYS: i32 = 250;
const DAY_S: u32 = 86_400;
const HOUR_S: u32 = 3_600;

/// A local time: a day, counted from the first day of trade, and a second of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) day: i32,
    pub(crate) second: u32,
}

impl Moment {
    /// Later than everything else.
    pub(crate) const NEVER: Self = Self {
        day: i32::MAX,
        second: 0,
    };

    pub(crate) fn new(day: i32, second: u32) -> Self {
        Self { day, second }
    }

    /// The last second of a day.
    pub(crate) fn end_of(day: i32) -> Self {
        Self::new(day, DAY_S - 1)
    }

    /// The moment, unless it is never.
    pub(crate) fn known(self) -> Option<Self> {
        (self != Self::NEVER).then_some(self)
    }
}

/// How a day's local time differs from UTC, in seconds.
#[derive(Debug, Clone, Copy)]
struct Day {
    text: [u8; 10],
    offset_s: i32,
    /// From this second on the later offset holds; the second after the day where nothing changes.
    changes_at: u32,
    later_offset_s: i32,
    skipped_hour: Option<u32>,
}

/// Days of the shop's calendar.
#[derive(Debug)]
pub(crate) struct Clock {
    first_day: NaiveDate,
    days: Vec<Day>,
}

impl Clock {
    pub(crate) fn new(first_day: NaiveDate, day_count: u64) -> Self {
        let earliest = first_day - Days::new(EARLIER_DAYS.unsigned_abs().into());
        let count = day_count as usize + (EARLIER_DAYS + LATER_DAYS) as usize;
        let days = earliest.iter_days().take(count).map(describe).collect();
        Self { first_day, days }
    }

    pub(crate) fn date(&self, day: i32) -> NaiveDate {
        let distance = Days::new(u64::from(day.unsigned_abs()));
        if day < 0 {
            self.first_day - distance
        } else {
            self.first_day + distance
        }
    }

    /// `YYYY-MM-DD`
    pub(crate) fn text(&self, day: i32) -> &[u8; 10] {
        &self.known(day).text
    }

    /// The hour that the change to daylight-saving time skips on that day.
    pub(crate) fn skipped_hour(&self, day: i32) -> Option<u32> {
        self.known(day).skipped_hour
    }

    /// So many seconds later on the local clock; a time that does not exist moves on by an hour, so
    /// that healthy data gives no warning.
    pub(crate) fn after(&self, moment: Moment, seconds: u32) -> Moment {
        let total = moment.second + seconds;
        let day = moment.day + (total / DAY_S) as i32;
        let second = total % DAY_S;
        if self.skipped_hour(day) == Some(second / HOUR_S) {
            Moment::new(day, second + HOUR_S)
        } else {
            Moment::new(day, second)
        }
    }

    /// The same moment in UTC.
    pub(crate) fn utc(&self, moment: Moment) -> Moment {
        let day = self.known(moment.day);
        let offset_s = if moment.second < day.changes_at {
            day.offset_s
        } else {
            day.later_offset_s
        };
        back(moment, offset_s)
    }

    fn known(&self, day: i32) -> &Day {
        &self.days[(day + EARLIER_DAYS) as usize]
    }
}

/// So many seconds earlier, where every day has as many seconds as in UTC.
pub(crate) fn back(moment: Moment, seconds: i32) -> Moment {
    let second = moment.second as i32 - seconds;
    Moment::new(
        moment.day + second.div_euclid(DAY_S as i32),
        second.rem_euclid(DAY_S as i32).unsigned_abs(),
    )
}

fn describe(date: NaiveDate) -> Day {
    let hours: Vec<LocalResult<i32>> = (0..24)
        .filter_map(|hour| date.and_hms_opt(hour, 0, 0))
        .map(offset_s)
        .collect();
    let offset = |hour: usize| hours[hour].earliest();
    let change = (1..24).find(|&hour| offset(hour).is_some() && offset(hour) != offset(0));
    let offset_s = offset(0).unwrap_or_default();
    Day {
        text: date_text(date),
        offset_s,
        changes_at: change.map_or(DAY_S, |hour| hour as u32 * HOUR_S),
        later_offset_s: change.and_then(offset).unwrap_or(offset_s),
        skipped_hour: (0..24).find(|&hour| hours[hour as usize] == LocalResult::None),
    }
}

fn offset_s(time: NaiveDateTime) -> LocalResult<i32> {
    TIME_ZONE
        .from_local_datetime(&time)
        .map(|zoned| zoned.offset().fix().local_minus_utc())
}

/// `YYYY-MM-DD`
pub(crate) fn date_text(date: NaiveDate) -> [u8; 10] {
    let mut text = *b"0000-00-00";
    let mut put = |position: usize, number: u32| {
        text[position] = b'0' + (number / 10 % 10) as u8;
        text[position + 1] = b'0' + (number % 10) as u8;
    };
    let year = date.year().unsigned_abs();
    put(0, year / 100);
    put(2, year);
    put(5, date.month());
    put(8, date.day());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::new(NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(), 365)
    }

    #[test]
    fn days_have_their_texts() {
        let clock = clock();

        assert_eq!(clock.text(0), b"2025-01-01");
        assert_eq!(clock.text(-1), b"2024-12-31");
        assert_eq!(clock.text(364 + LATER_DAYS), b"2026-09-07");
        assert_eq!(
            clock.date(-366),
            NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()
        );
    }

    /// The clock went from 02:00 to 03:00 on 2025-03-09, day 67, and back on 2025-11-02, day 305.
    #[test]
    fn local_times_become_utc() {
        let clock = clock();
        let hour = |hour: u32| hour * HOUR_S;
        for (local, utc) in [
            (Moment::new(0, hour(12)), Moment::new(0, hour(17))),
            (Moment::new(0, hour(23)), Moment::new(1, hour(4))),
            (Moment::new(67, hour(1)), Moment::new(67, hour(6))),
            (Moment::new(67, hour(3)), Moment::new(67, hour(7))),
            // The hour that comes twice is the earlier one.
            (Moment::new(305, hour(1)), Moment::new(305, hour(5))),
            (Moment::new(305, hour(2)), Moment::new(305, hour(7))),
        ] {
            assert_eq!(clock.utc(local), utc, "{local:?}");
        }
        assert_eq!(back(Moment::new(3, 10), 20), Moment::new(2, DAY_S - 10));
    }

    #[test]
    fn no_time_lies_in_the_hour_that_is_skipped() {
        let clock = clock();

        assert_eq!(clock.skipped_hour(67), Some(2));
        assert_eq!(clock.skipped_hour(68), None);
        let before = Moment::new(67, 2 * HOUR_S - 60);
        assert_eq!(clock.after(before, 120), Moment::new(67, 3 * HOUR_S + 60));
        let midnight = Moment::new(5, DAY_S - 10);
        assert_eq!(clock.after(midnight, 15), Moment::new(6, 5));
    }
}
