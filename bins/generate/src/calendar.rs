//! When the shop sells: orders per day by season and promotion, and times of the day.
//!
//! Architecture invariant: no time lies in an hour that the change to daylight-saving time skips,
//! so that healthy data gives no warning.

use chrono::Datelike as _;
use rand::Rng;

use crate::random::{Stream, Weighted, below, between, block_rng};
use crate::settings::Settings;
use crate::time::Clock;

/// A day of trade.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) order_count: u64,
    /// Off every price of the day, in hundredths of a percent.
    pub(crate) promotion: u16,
}

/// Every day of the range; the orders add up to what was asked for.
pub(crate) fn plan(settings: &Settings, clock: &Clock) -> Vec<Day> {
    let mut rng = block_rng(settings.seed, Stream::Calendar, 0);
    let noise = settings.calendar.noise_pct;
    let (weights, promotions): (Vec<u64>, Vec<u16>) = (0..settings.day_count() as i32)
        .map(|day| {
            let date = clock.date(day);
            let promotion = settings
                .promotions
                .iter()
                .filter(|promotion| promotion.covers(date))
                .max_by_key(|promotion| promotion.discount_pct);
            let uplift = promotion.map_or(0, |promotion| promotion.uplift_pct);
            let weight = settings.calendar.month_pct[date.month0() as usize]
                * settings.calendar.weekday_pct[date.weekday().num_days_from_monday() as usize]
                * (100 + uplift)
                * between(&mut rng, 100 - noise, 100 + noise);
            let discount = promotion.map_or(0, |promotion| promotion.discount_pct * 100);
            (weight, discount as u16)
        })
        .unzip();
    split(settings.transactions(), &weights)
        .into_iter()
        .zip(promotions)
        .map(|(order_count, promotion)| Day {
            order_count,
            promotion,
        })
        .collect()
}

/// The times of one day's orders, as seconds after midnight, in order.
pub(crate) fn times_of_day(
    settings: &Settings,
    clock: &Clock,
    day: i32,
    order_count: u64,
) -> Vec<u32> {
    let mut rng = block_rng(
        settings.seed,
        Stream::TimesOfDay,
        u64::from(day.unsigned_abs()),
    );
    let hours = hours(settings, clock.skipped_hour(day));
    let mut times: Vec<u32> = (0..order_count)
        .map(|_| second_of_day(&hours, &mut rng))
        .collect();
    times.sort_unstable();
    times
}

/// Hours of the day in proportion to what happens in them.
pub(crate) fn hours(settings: &Settings, skipped_hour: Option<u32>) -> Weighted {
    let weights = settings.calendar.hour_weights;
    let open = |hour: u32, weight: u64| {
        if Some(hour) == skipped_hour {
            0
        } else {
            weight
        }
    };
    let is_open = (0..24)
        .zip(weights)
        .any(|(hour, weight)| open(hour, weight) > 0);
    // A shop that sells in that hour alone sells in the next one then.
    let next_hour = skipped_hour.map_or(0, |hour| hour + 1);
    Weighted::new((0..24).zip(weights).map(|(hour, weight)| {
        if is_open {
            open(hour, weight)
        } else {
            u64::from(hour == next_hour)
        }
    }))
}

/// A second in one of these hours.
pub(crate) fn second_of_day(hours: &Weighted, rng: &mut impl Rng) -> u32 {
    hours.pick(rng) as u32 * 3_600 + below(rng, 3_600) as u32
}

/// A time at which the office works, from 08:00 to 19:59:59: no clock is changed then.
pub(crate) fn office_time(rng: &mut impl Rng) -> u32 {
    between(rng, 8 * 3_600, 20 * 3_600 - 1) as u32
}

/// Divides a number in proportion to the weights; the parts add up to it exactly.
fn split(number: u64, weights: &[u64]) -> Vec<u64> {
    let mut total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    // A range of days on which the shop is closed sells on all of them alike.
    let is_closed = total == 0;
    if is_closed {
        total = weights.len() as u128;
    }
    let mut sum = 0;
    let mut given = 0;
    weights
        .iter()
        .map(|&weight| {
            sum += if is_closed { 1 } else { u128::from(weight) };
            let due = (u128::from(number) * sum / total) as u64;
            let part = due - given;
            given = due;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop(transactions: u64, start: &str, end: &str) -> (Settings, Clock) {
        let mut settings = Settings::of_size(transactions);
        settings.start_date = start.parse().expect("a date");
        settings.end_date = end.parse().expect("a date");
        let clock = Clock::new(settings.start_date, settings.day_count());
        (settings, clock)
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for number in [0, 1, 7, 10_000, 1_000_000_000] {
            assert_eq!(split(number, &[3, 0, 5, 1, 1]).iter().sum::<u64>(), number);
            assert_eq!(split(number, &[0, 0, 0]).iter().sum::<u64>(), number);
        }
    }

    #[test]
    fn every_day_of_the_range_is_planned_and_the_orders_add_up() {
        let (settings, clock) = shop(12_345, "2024-01-01", "2024-12-31");
        let days = plan(&settings, &clock);

        assert_eq!(days.len(), 366);
        assert_eq!(days.iter().map(|day| day.order_count).sum::<u64>(), 12_345);
        assert!(days.iter().all(|day| day.order_count > 0));
    }

    #[test]
    fn the_skipped_hour_of_spring_has_no_orders() {
        let (settings, clock) = shop(50_000, "2025-03-09", "2025-03-09");
        let times = times_of_day(&settings, &clock, 0, 50_000);

        assert_eq!(times.len(), 50_000);
        assert!(times.is_sorted());
        assert!(times.iter().all(|time| time / 3_600 != 2));
        assert!(times.iter().any(|time| time / 3_600 == 3));
    }

    #[test]
    fn a_promotion_lifts_its_days() {
        let (settings, clock) = shop(1_000_000, "2025-01-01", "2025-12-31");
        let days = plan(&settings, &clock);
        // Mondays of November: the 17th is an ordinary one, the 24th the first of Cyber week.
        let (ordinary, promoted) = (&days[320], &days[327]);

        assert_eq!((ordinary.promotion, promoted.promotion), (0, 2_500));
        assert!(promoted.order_count * 2 > ordinary.order_count * 3);
    }
}
