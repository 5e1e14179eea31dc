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
/// Weeks without a sale on a weekday that make it one on which the shop is closed.
const CLOSED_WEEKS_MIN: usize = 2;
/// Days with a count before anything but the zero rule is applied.
pub const WARM_UP_DAYS: usize = 14;
/// Days of a series that are worth reading: the forecast looks back 56 days from each of the last
/// 56, and the levels of those from a further 56.
pub const SERIES_DAYS: i32 = 168;
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
pub enum State {
    /// Within the expected range.
    Ok,
    /// Worth a look.
    Warn,
    /// Almost certainly wrong.
    Error,
    /// Too little history for more than the zero rule.
    WarmingUp,
    /// A promotion or a holiday by configuration, or a weekday on which the shop does not sell.
    Excluded,
}

/// One day, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Forecast from the days before.
    pub expected: f64,
    /// Least count that is not flagged.
    pub low: f64,
    /// Largest count that is not flagged.
    pub high: f64,
    /// Distance from the forecast in robust standard deviations, on the logarithmic scale.
    pub z: f64,
    /// What follows from it.
    pub state: State,
}

impl Verdict {
    fn is_flagged(&self) -> bool {
        matches!(self.state, State::Warn | State::Error)
    }
}

/// Judges the last day of a series of consecutive days; `is_excluded` marks days that neither train
/// nor are judged, as do weekdays on which nothing was ever sold. `None` for an empty series.
#[must_use]
pub fn judge_last(counts: &[u64], is_excluded: &[bool]) -> Option<Verdict> {
    let (last, past) = counts.split_last()?;
    let is_closed = closed_weekdays(past);
    let is_out =
        |day: usize| is_excluded.get(day).copied().unwrap_or(false) || is_closed[day % WEEK_DAYS];
    let verdict = Training::of(past, is_out).judge(*last);
    let state = if is_out(past.len()) {
        State::Excluded
    } else {
        verdict.state
    };
    Some(Verdict { state, ..verdict })
}

/// By the place of a day in its week: whether nothing was sold on it, twice at least, although the
/// shop does sell. The zero rule would take the first closed Sundays for outages.
fn closed_weekdays(past: &[u64]) -> [bool; WEEK_DAYS] {
    let first = past.len().saturating_sub(HISTORY_DAYS);
    let has_sales = past[first..].iter().any(|&count| count > 0);
    std::array::from_fn(|weekday| {
        let mut same_days = (first..past.len()).filter(|day| day % WEEK_DAYS == weekday);
        let weeks = same_days.clone().count();
        has_sales && weeks >= CLOSED_WEEKS_MIN && same_days.all(|day| past[day] == 0)
    })
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
mod tests;
