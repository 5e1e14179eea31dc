//! Weekly and yearly season, promotions and hours of the day.
//!
//! In: day and hour of every order. Out: shares of orders beside those that `[calendar]` and the
//! promotions ask for.

use chrono::{Datelike as _, Days, LocalResult, NaiveDate, TimeZone as _};
use chrono_tz::America::New_York;

use super::measure::{Measure, STANDARD_ERRORS, percentages, ratio};
use crate::settings::Settings;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Orders of every day of trade and of every hour.
#[derive(Debug)]
pub(crate) struct Season {
    dates: Vec<NaiveDate>,
    orders: Vec<u64>,
    hours: [u64; 24],
}

impl Season {
    pub(crate) fn new(first: NaiveDate, last: NaiveDate) -> Self {
        let count = (last - first).num_days().unsigned_abs() + 1;
        let dates: Vec<NaiveDate> = (0..count).map(|it| first + Days::new(it)).collect();
        Self {
            orders: vec![0; dates.len()],
            dates,
            hours: [0; 24],
        }
    }

    pub(crate) fn add(&mut self, day: usize, hour: usize) {
        self.orders[day] += 1;
        self.hours[hour] += 1;
    }

    /// Orders of each day, the first day of trade first.
    pub(crate) fn orders(&self) -> &[u64] {
        &self.orders
    }

    pub(crate) fn measures(&self, settings: &Settings) -> Vec<Measure> {
        let days = self.asked(settings);
        let months = (0..12).map(|it| {
            self.share("orders by month", MONTHS[it], &days, |date| {
                date.month0() as usize == it
            })
        });
        let weekdays = (0..7).map(|it| {
            self.share("orders by weekday", WEEKDAYS[it], &days, |date| {
                date.weekday().num_days_from_monday() as usize == it
            })
        });
        let promotions = settings.promotions.iter().map(|promotion| {
            self.share("orders on promotions", &promotion.name, &days, |date| {
                promotion.covers(date)
            })
        });
        months
            .chain(weekdays)
            .chain(promotions)
            // A short range has no day of some months.
            .flatten()
            .chain(self.hours(settings))
            .collect()
    }

    /// Weight of each day and its variance: month, weekday and the deepest promotion multiply, and
    /// noise is a factor that is uniform within ± `noise_pct`.
    fn asked(&self, settings: &Settings) -> Vec<(f64, f64)> {
        let calendar = &settings.calendar;
        let noise = calendar.noise_pct as f64 / 100.0;
        let weight = |date: &NaiveDate| {
            let month = calendar.month_pct[date.month0() as usize];
            let weekday = calendar.weekday_pct[date.weekday().num_days_from_monday() as usize];
            let deepest = settings
                .promotions
                .iter()
                .filter(|promotion| promotion.covers(*date))
                .max_by_key(|promotion| promotion.discount_pct);
            let uplift = deepest.map_or(0, |promotion| promotion.uplift_pct);
            (month * weekday * (100 + uplift)) as f64
        };
        self.dates
            .iter()
            .map(weight)
            .map(|weight| (weight, weight * weight * noise * noise / 3.0))
            .collect()
    }

    /// Share of orders on some days. The variance of the share A / (A + B) of two independent sums
    /// is, to the first order, ((1 − share)² · var A + share² · var B) / (A + B)².
    fn share(
        &self,
        group: &'static str,
        name: &str,
        days: &[(f64, f64)],
        is_one: impl Fn(NaiveDate) -> bool,
    ) -> Option<Measure> {
        let (mut inside, mut all, mut hits) = ([0.0, 0.0], [0.0, 0.0], 0);
        for ((date, orders), (weight, variance)) in self.dates.iter().zip(&self.orders).zip(days) {
            all = [all[0] + weight, all[1] + variance];
            if is_one(*date) {
                inside = [inside[0] + weight, inside[1] + variance];
                hits += orders;
            }
        }
        let cases = self.orders.iter().sum();
        let share = ratio(inside[0], all[0]);
        let variance = (1.0 - share).powi(2) * inside[1] + share * share * (all[1] - inside[1]);
        let noise = ratio(variance.max(0.0).sqrt(), all[0]);
        let measure = Measure::share(group, name, 100.0 * share, hits, cases);
        (share > 0.0).then(|| measure.with_slack(100.0 * STANDARD_ERRORS * noise))
    }

    /// Shares of the hours, of the orders that each day has: in a short range it counts that one day
    /// of a year skips an hour.
    fn hours(&self, settings: &Settings) -> Vec<Measure> {
        let weights = settings.calendar.hour_weights.map(|it| it as f64);
        let cases = self.hours.iter().sum();
        let mut orders_asked = [0.0; 24];
        for (&date, &orders) in self.dates.iter().zip(&self.orders) {
            for (sum, percent) in orders_asked.iter_mut().zip(hours_of(date, weights)) {
                *sum += percent / 100.0 * orders as f64;
            }
        }
        (0..24)
            .map(|hour| {
                let name = format!("{hour:02}:00");
                let asked = 100.0 * ratio(orders_asked[hour], cases as f64);
                Measure::share("orders by hour", name, asked, self.hours[hour], cases)
            })
            .collect()
    }
}

/// Shares of the hours on one day, in percent. A shop that is open in no other hour than the one
/// that the day skips sells in the next one.
fn hours_of(date: NaiveDate, weights: [f64; 24]) -> [f64; 24] {
    let is_skipped = |hour: u32| {
        let time = date.and_hms_opt(hour, 0, 0);
        time.is_some_and(|it| New_York.from_local_datetime(&it) == LocalResult::None)
    };
    let Some(skipped) = (0..24).find(|&hour| is_skipped(hour)) else {
        return percentages(weights);
    };
    let skipped = skipped as usize;
    let mut left = weights;
    left[skipped] = 0.0;
    if left.iter().all(|&weight| weight == 0.0) {
        left[skipped + 1] = 1.0;
    }
    percentages(left)
}

#[cfg(test)]
mod tests {
    use super::super::measure::Verdict;
    use super::*;

    fn date(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, month, day).expect("a date")
    }

    /// A shop that sold on every day what its settings ask for, but for noise.
    fn sold(settings: &Settings, noise: impl Fn(usize) -> f64) -> Season {
        let mut season = Season::new(date(1, 1), date(12, 31));
        for (day, (weight, _)) in season.asked(settings).into_iter().enumerate() {
            season.orders[day] = (weight / 1e4 * noise(day)) as u64;
        }
        season
    }

    fn off(season: &Season, settings: &Settings) -> Vec<&'static str> {
        let mut groups: Vec<_> = season
            .measures(settings)
            .into_iter()
            .filter(|it| it.verdict() == Verdict::Off)
            .map(|it| it.group)
            .collect();
        groups.dedup();
        groups
    }

    #[test]
    fn the_season_that_was_asked_for_is_recognised_under_its_noise() {
        let settings = Settings::of_size(10_000);
        let noise = |day: usize| 0.85 + 0.3 * (day * 7_919 % 101) as f64 / 100.0;

        assert_eq!(off(&sold(&settings, |_| 1.0), &settings), [""; 0]);
        assert_eq!(off(&sold(&settings, noise), &settings), [""; 0]);
    }

    #[test]
    fn another_season_is_told_off() {
        let asked = Settings::of_size(10_000);
        let mut made = asked.clone();
        made.calendar.weekday_pct = [100; 7];
        assert_eq!(off(&sold(&made, |_| 1.0), &asked), ["orders by weekday"]);

        let mut made = asked.clone();
        made.promotions.remove(2);
        assert!(off(&sold(&made, |_| 1.0), &asked).contains(&"orders on promotions"));

        let mut made = asked.clone();
        made.calendar.month_pct = [100; 12];
        assert!(off(&sold(&made, |_| 1.0), &asked).contains(&"orders by month"));
    }

    #[test]
    fn a_month_that_is_not_traded_in_is_not_judged() {
        let settings = Settings::of_size(10_000);
        let mut season = Season::new(date(1, 30), date(2, 2));
        (0..4).for_each(|day| season.add(day, 12));
        let measures = season.measures(&settings);

        assert!(measures.iter().all(|it| it.name != "March"));
        let january = measures
            .iter()
            .find(|it| it.name == "January")
            .expect("January");
        assert_eq!((january.found, january.cases), (50.0, 4));
    }

    #[test]
    fn a_day_that_skips_an_hour_is_not_told_off_for_it() {
        let mut settings = Settings::of_size(10_000);
        settings.calendar.hour_weights = [1; 24];
        let hours_off = |day: u32| {
            let mut season = Season::new(date(3, day), date(3, day));
            let others = (0..2_300).map(|order| order % 23);
            others.for_each(|hour| season.add(0, if hour < 2 { hour } else { hour + 1 }));
            off(&season, &settings)
        };

        assert_eq!(hours_off(9), [""; 0]);
        assert_eq!(hours_off(10), ["orders by hour"]);
        settings.calendar.hour_weights = [0; 24];
        settings.calendar.hour_weights[2] = 1;
        let mut night = Season::new(date(3, 9), date(3, 9));
        (0..100).for_each(|_| night.add(0, 3));
        assert_eq!(off(&night, &settings), [""; 0]);
    }
}
