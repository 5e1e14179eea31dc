//! Simulated shops, and what is thought of their last day.

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

/// Goal: a shop that is closed on Sundays has no outages on them, and none on the days after.
/// Method: series that end on every weekday, of two weeks and of many; then a Sunday on which the
/// shop does open, and a Monday on which it does not.
#[test]
fn a_weekday_on_which_nothing_is_sold_is_no_outage() {
    let count = |day: usize| if day % 7 == 6 { 0 } else { 100 };
    for days in (15..40).chain(100..107) {
        let counts: Vec<u64> = (0..days).map(count).collect();
        let state = judge_last(&counts, &[]).expect("a verdict").state;
        let expected = [State::Ok, State::WarmingUp, State::Excluded];
        assert!(expected.contains(&state), "{days} days: {state:?}");
    }
    let mut counts: Vec<u64> = (0..62).map(count).collect();
    counts.push(20);
    let opened = judge_last(&counts, &[]).map(|it| it.state);
    assert_eq!(opened, Some(State::Excluded));
    counts.push(0);
    let outage = judge_last(&counts, &[]).map(|it| it.state);
    assert_eq!(outage, Some(State::Error));
}
