//! Tells an unusual day from an ordinary one, after shared figures: closed days only, forecasts
//! from the past only, robust scale.
//!
//! `y = ln(1 + x)`; the forecast is the median of the same weekday over at most eight weeks, plus
//! half of the median by which the last seven days lay off their own weekday; the scale is the
//! median absolute deviation of the one-step errors of 56 days, never under what counting alone
//! scatters. Pure: no clock, no database, and the judged day is never part of its own forecast.

/// Days of history that a forecast reads.
const HISTORY_DAYS: usize = 56;
const WEEK_DAYS: usize = 7;
/// Days with a count before anything but the zero rule is applied.
const WARM_UP_DAYS: usize = 14;
/// Days that the zero rule needs while warming up.
const ZERO_RULE_DAYS: usize = 3;
/// First day for which a one-step error is worth anything: the week before it is known.
const FIRST_ERROR_DAY: usize = WEEK_DAYS + 1;
const WARNING_Z: f64 = 3.5;
const ERROR_Z: f64 = 5.0;
/// Nothing is flagged that differs from expected by less than this share.
const LEAST_SHARE: f64 = 0.2;
/// A day without anything is an error where at least this much was expected.
const ZERO_RULE_EXPECTED: f64 = 10.0;
/// So many flagged days in a row and in one direction are a new level, and count from then on.
const NEW_LEVEL_DAYS: usize = 7;
/// Relative scatter that even the steadiest shop has.
const LEAST_SCALE: f64 = 0.03;
/// Makes a median absolute deviation comparable to a standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;

/// What is thought of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Within the expected range.
    Ok,
    /// Worth a look.
    Warn,
    /// Almost certainly wrong.
    Error,
    /// Too little history for more than the zero rule.
    WarmingUp,
    /// A promotion or a holiday by configuration.
    Excluded,
}

/// One day, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// Forecast from the days before.
    pub(crate) expected: f64,
    /// Least count that is not flagged.
    pub(crate) low: f64,
    /// Largest count that is not flagged.
    pub(crate) high: f64,
    /// Distance from the forecast in robust standard deviations, on the logarithmic scale.
    pub(crate) z: f64,
    /// What follows from it.
    pub(crate) state: State,
}

impl Verdict {
    fn is_flagged(&self) -> bool {
        matches!(self.state, State::Warn | State::Error)
    }
}

/// Judges the last day of a series of consecutive days; `is_excluded` marks days that neither train
/// nor are judged. `None` for an empty series.
pub(crate) fn judge_last(counts: &[u64], is_excluded: &[bool]) -> Option<Verdict> {
    let (last, past) = counts.split_last()?;
    let is_out = |day: usize| is_excluded.get(day).copied().unwrap_or(false);
    let verdict = Training::of(past, is_out).judge(*last);
    let state = if is_out(past.len()) {
        State::Excluded
    } else {
        verdict.state
    };
    Some(Verdict { state, ..verdict })
}

/// The past as it trains: `None` for a day that was flagged or is excluded.
#[derive(Debug, Default)]
struct Training {
    levels: Vec<Option<f64>>,
    /// One-step errors, by day.
    errors: Vec<Option<f64>>,
}

impl Training {
    /// Flagged days are left out, but a level that stays is not.
    fn of(past: &[u64], is_excluded: impl Fn(usize) -> bool) -> Self {
        let mut training = Self::default();
        let (mut run_days, mut run_is_high) = (0, false);
        for (day, count) in past.iter().enumerate() {
            if is_excluded(day) {
                training.push(None);
                continue;
            }
            let verdict = training.judge(*count);
            if !verdict.is_flagged() {
                run_days = 0;
                training.push(Some(logarithm(*count)));
                continue;
            }
            let is_high = verdict.z > 0.0;
            run_days = if is_high == run_is_high {
                run_days + 1
            } else {
                1
            };
            run_is_high = is_high;
            if run_days < NEW_LEVEL_DAYS {
                training.push(None);
                continue;
            }
            let first = if run_days == NEW_LEVEL_DAYS {
                day + 1 - NEW_LEVEL_DAYS
            } else {
                day
            };
            training.truncate(first);
            for (again, count) in past.iter().enumerate().take(day + 1).skip(first) {
                training.push((!is_excluded(again)).then(|| logarithm(*count)));
            }
        }
        training
    }

    fn push(&mut self, level: Option<f64>) {
        let error = level
            .zip(self.forecast())
            .map(|(level, forecast)| level - forecast);
        self.errors
            .push(error.filter(|_| self.levels.len() >= FIRST_ERROR_DAY));
        self.levels.push(level);
    }

    fn truncate(&mut self, days: usize) {
        self.levels.truncate(days);
        self.errors.truncate(days);
    }

    /// Judges the day after the known ones.
    fn judge(&self, count: u64) -> Verdict {
        let known: Vec<f64> = self.levels.iter().copied().flatten().collect();
        if known.len() < WARM_UP_DAYS {
            return judge_warming_up(&known, count);
        }
        // All known days may be older than the window.
        let Some(forecast) = self.forecast() else {
            return judge_warming_up(&[], count);
        };
        let expected = forecast.exp_m1().max(0.0);
        let scale = self.scale(expected);
        let z = (logarithm(count) - forecast) / scale;
        let differs = (to_float(count) - expected).abs() >= LEAST_SHARE * expected;
        let is_silent = count == 0 && expected >= ZERO_RULE_EXPECTED;
        let state = match z.abs() {
            _ if is_silent => State::Error,
            distance if differs && distance > ERROR_Z => State::Error,
            distance if differs && distance > WARNING_Z => State::Warn,
            _ => State::Ok,
        };
        let reach = WARNING_Z * scale;
        let low = (forecast - reach)
            .exp_m1()
            .min(expected * (1.0 - LEAST_SHARE))
            .max(0.0);
        let high = (forecast + reach)
            .exp_m1()
            .max(expected * (1.0 + LEAST_SHARE));
        Verdict {
            expected,
            low,
            high,
            z,
            state,
        }
    }

    /// Level of the day after the known ones; none where the window holds no day.
    fn forecast(&self) -> Option<f64> {
        let day = self.levels.len();
        let first = day.saturating_sub(HISTORY_DAYS);
        let Some(weekday_level) = self.weekday_median(day, first) else {
            return median(self.levels[first..].iter().copied().flatten().collect());
        };
        let shifts: Vec<f64> = (day.saturating_sub(WEEK_DAYS).max(first)..day)
            .filter_map(|near| Some(self.levels[near]? - self.weekday_median(near, first)?))
            .collect();
        // With fewer than four of seven days it would follow a single odd one.
        let shift = if shifts.len() >= 4 {
            median(shifts).unwrap_or(0.0)
        } else {
            0.0
        };
        Some(weekday_level + 0.5 * shift)
    }

    /// Median of the same weekday before `day` and not before `first`.
    fn weekday_median(&self, day: usize, first: usize) -> Option<f64> {
        let same_days = (1..).map_while(|week| day.checked_sub(week * WEEK_DAYS));
        median(
            same_days
                .take_while(|day| *day >= first)
                .filter_map(|day| self.levels[day])
                .collect(),
        )
    }

    /// Scatter of the one-step errors; wider where there are few, never under that of counting.
    fn scale(&self, expected: f64) -> f64 {
        let first = self.errors.len().saturating_sub(HISTORY_DAYS);
        let errors: Vec<f64> = self.errors[first..].iter().copied().flatten().collect();
        let least = (1.0 / expected.max(1.0).sqrt()).max(LEAST_SCALE);
        let Some(centre) = median(errors.clone()) else {
            return least;
        };
        let deviation = median(errors.iter().map(|error| (error - centre).abs()).collect());
        let few = 1.0 + 2.0 / to_float(errors.len() as u64);
        (MAD_TO_SIGMA * deviation.unwrap_or(0.0) * few).max(least)
    }
}

/// Only the zero rule holds: a shop that sold yesterday does not fall silent unnoticed.
fn judge_warming_up(known: &[f64], count: u64) -> Verdict {
    let expected = median(known.to_vec()).unwrap_or(0.0).exp_m1();
    let is_silent = count == 0 && known.len() >= ZERO_RULE_DAYS && expected >= ZERO_RULE_EXPECTED;
    let state = if is_silent {
        State::Error
    } else {
        State::WarmingUp
    };
    Verdict {
        expected,
        low: 0.0,
        high: f64::max(expected, to_float(count)),
        z: 0.0,
        state,
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn logarithm(count: u64) -> f64 {
    to_float(count).ln_1p()
}

/// Counts of orders are far below the 2^53 up to which this is exact.
fn to_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, Normal, Poisson};

    use super::*;

    const SERIES: usize = 400;
    const WEEK: [f64; 7] = [1.0, 0.95, 0.95, 1.0, 1.15, 1.5, 1.4];

    /// 500 orders a day, weekly season, 8 % noise; the last day is the judged one.
    fn simulated(random: &mut ChaCha8Rng, history_days: usize, promotions: f64) -> Vec<u64> {
        let noise = Normal::new(0.0, 0.08).expect("a distribution");
        (0..=history_days)
            .map(|day| {
                let mut level = 500.0 * WEEK[day % 7] * f64::exp(noise.sample(random));
                if day < history_days && random.random_bool(promotions) {
                    level *= random.random_range(2.0..4.0);
                }
                Poisson::new(level).expect("a distribution").sample(random) as u64
            })
            .collect()
    }

    /// Share of series, in percent, in which the last day times `factor` reaches a state.
    fn found(history_days: usize, promotions: f64, factor: f64, states: &[State]) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(20_250_101);
        let hits = (0..SERIES)
            .filter(|_| {
                let mut counts = simulated(&mut random, history_days, promotions);
                let last = counts.last_mut().expect("a day");
                *last = (*last as f64 * factor).round() as u64;
                let verdict = judge_last(&counts, &[]).expect("a verdict");
                states.contains(&verdict.state)
            })
            .count();
        100.0 * hits as f64 / SERIES as f64
    }

    const FLAGGED: [State; 2] = [State::Warn, State::Error];

    #[test]
    fn ordinary_days_are_left_alone() {
        let share = found(28, 0.0, 1.0, &FLAGGED);
        assert!(share <= 2.0, "{share} % false alarms");
        let share = found(60, 0.03, 1.0, &FLAGGED);
        assert!(share <= 2.0, "{share} % false alarms with promotions");
    }

    #[test]
    fn drops_are_found() {
        let half = found(28, 0.0, 0.5, &FLAGGED);
        assert!(half >= 85.0, "-50 %: {half} %");
        let most = found(28, 0.0, 0.2, &FLAGGED);
        assert!(most >= 97.0, "-80 %: {most} %");
        let long = found(120, 0.0, 0.5, &FLAGGED);
        assert!(long >= 98.0, "-50 % after 120 days: {long} %");
    }

    #[test]
    fn an_outage_is_always_an_error() {
        assert_eq!(found(28, 0.0, 0.0, &[State::Error]), 100.0);
        assert_eq!(found(5, 0.0, 0.0, &[State::Error]), 100.0);
    }

    #[test]
    fn a_small_shop_may_have_a_day_without_orders() {
        let mut counts = vec![2; 30];
        counts.push(0);
        assert_eq!(judge_last(&counts, &[]).map(|it| it.state), Some(State::Ok));
    }

    #[test]
    fn a_young_series_is_warming_up() {
        assert_eq!(judge_last(&[], &[]), None);
        let verdict = judge_last(&[100, 100, 100, 1], &[]).expect("a verdict");
        assert_eq!(verdict.state, State::WarmingUp);
    }

    #[test]
    fn a_flagged_day_does_not_train() {
        let mut counts = vec![100; 40];
        counts[36] = 0;
        let with_outage = judge_last(&counts, &[]).expect("a verdict");
        let without = judge_last(&[100; 40], &[]).expect("a verdict");
        assert!((with_outage.expected - without.expected).abs() < 1e-9);
        assert!((with_outage.low - without.low).abs() < 1e-9);
    }

    #[test]
    fn a_level_that_stays_becomes_the_expected_one() {
        let mut counts = vec![100; 60];
        counts.extend([300; 60]);
        let verdict = judge_last(&counts, &[]).expect("a verdict");
        assert_eq!(verdict.state, State::Ok);
        assert!(
            (verdict.expected - 300.0).abs() < 1.0,
            "{}",
            verdict.expected
        );
    }

    #[test]
    fn a_promotion_by_configuration_is_not_judged_and_does_not_train() {
        let mut counts = vec![100; 30];
        counts.push(1_000);
        let mut is_excluded = vec![false; 30];
        is_excluded.push(true);
        let verdict = judge_last(&counts, &is_excluded).expect("a verdict");
        assert_eq!(verdict.state, State::Excluded);
        counts.push(100);
        let next = judge_last(&counts, &is_excluded).expect("a verdict");
        assert!((next.expected - 100.0).abs() < 1e-6);
    }

    #[test]
    fn the_range_says_what_is_flagged() {
        let mut counts: Vec<u64> = (0..56).map(|day| 400 + (day * 37) % 90).collect();
        counts.push(400);
        let verdict = judge_last(&counts, &[]).expect("a verdict");
        let state = |count: f64| {
            counts.pop();
            counts.push(count as u64);
            judge_last(&counts, &[]).expect("a verdict").state
        };
        let states: Vec<State> = [verdict.low + 1.0, verdict.high - 1.0, verdict.low - 2.0]
            .into_iter()
            .map(state)
            .collect();
        assert_eq!(states[..2], [State::Ok, State::Ok]);
        assert_ne!(states[2], State::Ok);
    }
}
