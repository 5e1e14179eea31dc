//! When the shop sells: orders per day by season, and times of the day in the shop's time zone.
//!
//! Architecture invariant: no time lies in an hour that the change to daylight-saving time skips,
//! so that healthy data gives no warning.

use chrono::{Datelike as _, LocalResult, NaiveDate, TimeZone as _};
use chrono_tz::{America::New_York, Tz};
use rand::Rng;

use crate::random::{Stream, Weighted, below, between, block_rng};

/// The shop's time zone; `config/sources/synthetic/source.toml` names the same one.
const TIME_ZONE: Tz = New_York;

/// Orders in each month, January first, in percent of an average month.
const MONTH_PCT: [u64; 12] = [84, 82, 92, 93, 97, 95, 94, 96, 95, 101, 126, 145];
/// Orders on each day of the week, Monday first, in percent of an average day.
const WEEKDAY_PCT: [u64; 7] = [94, 91, 92, 96, 106, 117, 104];
/// No two days are alike: a day has this many percent of what its season says.
const NOISE_PCT: (u64, u64) = (85, 115);
/// Orders in each hour of the day, midnight first, as weights.
const HOUR_WEIGHTS: [u64; 24] = [
    12, 7, 4, 3, 3, 5, 11, 22, 36, 48, 56, 61, 64, 58, 54, 53, 56, 62, 70, 80, 86, 78, 54, 28,
];

/// A day of trade.
#[derive(Debug)]
pub(crate) struct Day {
    /// Position in the range, from 0.
    pub(crate) number: u64,
    pub(crate) date: NaiveDate,
    pub(crate) order_count: u64,
    skipped_hour: Option<u32>,
}

/// Every day of the range; the orders add up to what was asked for.
pub(crate) fn plan(seed: u64, start: NaiveDate, end: NaiveDate, order_count: u64) -> Vec<Day> {
    let mut rng = block_rng(seed, Stream::Calendar, 0);
    let dates: Vec<NaiveDate> = start.iter_days().take_while(|date| *date <= end).collect();
    let weights: Vec<u64> = dates.iter().map(|date| season(*date, &mut rng)).collect();
    let shares = split(order_count, &weights);
    dates
        .into_iter()
        .zip(shares)
        .zip(0..)
        .map(|((date, order_count), number)| Day {
            number,
            date,
            order_count,
            skipped_hour: skipped_hour(date),
        })
        .collect()
}

/// The times of one day's orders, as seconds after midnight, in order.
pub(crate) fn times_of_day(seed: u64, day: &Day) -> Vec<u32> {
    let mut rng = block_rng(seed, Stream::TimesOfDay, day.number);
    let hours = Weighted::new((0..24).zip(HOUR_WEIGHTS).map(|(hour, weight)| {
        if Some(hour) == day.skipped_hour {
            0
        } else {
            weight
        }
    }));
    let mut times: Vec<u32> = (0..day.order_count)
        .map(|_| hours.pick(&mut rng) as u32 * 3_600 + below(&mut rng, 3_600) as u32)
        .collect();
    times.sort_unstable();
    times
}

/// A time at which the office works, from 08:00 to 20:59:59: no clock is changed then.
pub(crate) fn office_time(rng: &mut impl Rng) -> u32 {
    between(rng, 8 * 3_600, 21 * 3_600 - 1) as u32
}

fn season(date: NaiveDate, rng: &mut impl Rng) -> u64 {
    MONTH_PCT[date.month0() as usize]
        * WEEKDAY_PCT[date.weekday().num_days_from_monday() as usize]
        * between(rng, NOISE_PCT.0, NOISE_PCT.1)
}

/// Divides a number in proportion to the weights; the parts add up to it exactly.
fn split(number: u64, weights: &[u64]) -> Vec<u64> {
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let mut sum = 0;
    let mut given = 0;
    weights
        .iter()
        .map(|&weight| {
            sum += u128::from(weight);
            let due = (u128::from(number) * sum / total) as u64;
            let part = due - given;
            given = due;
            part
        })
        .collect()
}

fn skipped_hour(date: NaiveDate) -> Option<u32> {
    (0..24).find(|&hour| {
        date.and_hms_opt(hour, 0, 0)
            .is_some_and(|time| TIME_ZONE.from_local_datetime(&time) == LocalResult::None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for number in [0, 1, 7, 10_000, 1_000_000_000] {
            assert_eq!(split(number, &[3, 0, 5, 1, 1]).iter().sum::<u64>(), number);
        }
    }

    #[test]
    fn every_day_of_the_range_is_planned_and_the_orders_add_up() {
        let days = plan(1, date(2024, 1, 1), date(2024, 12, 31), 12_345);

        assert_eq!(days.len(), 366);
        assert_eq!(days.iter().map(|day| day.order_count).sum::<u64>(), 12_345);
        assert!(days.iter().all(|day| day.order_count > 0));
    }

    #[test]
    fn the_skipped_hour_of_spring_has_no_orders() {
        assert_eq!(skipped_hour(date(2025, 3, 9)), Some(2));
        assert_eq!(skipped_hour(date(2025, 3, 10)), None);

        let days = plan(1, date(2025, 3, 9), date(2025, 3, 9), 50_000);
        let times = times_of_day(1, &days[0]);
        assert_eq!(times.len(), 50_000);
        assert!(times.is_sorted());
        assert!(times.iter().all(|time| time / 3_600 != 2));
        assert!(times.iter().any(|time| time / 3_600 == 3));
    }

    #[test]
    fn december_and_the_evening_are_busy() {
        let days = plan(1, date(2025, 1, 1), date(2025, 12, 31), 1_000_000);
        let of_month = |month: u32| -> u64 {
            days.iter()
                .filter(|day| day.date.month() == month)
                .map(|day| day.order_count)
                .sum()
        };
        assert!(of_month(12) * 10 > of_month(1) * 14);

        let times = times_of_day(1, &days[0]);
        let of_hour = |hour: u32| times.iter().filter(|time| *time / 3_600 == hour).count();
        assert!(of_hour(20) > of_hour(3) * 5);
    }
}
