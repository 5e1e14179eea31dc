//! Customers: when they came, and whether they came again.
//!
//! In: registrations and the number of each customer's orders. Out: the share of buyers of a cohort
//! with a second order beside the one that a Pareto/NBD process gives (Schmittlein, Morrison and
//! Colombo, "Counting Your Customers", Management Science 33, 1987): the customers of a quarter buy
//! at rates from a gamma distribution, until they leave after an exponential life.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};

use super::measure::{Measure, ratio};
use crate::settings::{CustomerSettings, Settings};

const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
/// The model takes the sum of the customers' weights to be as expected. In a shop of a thousand it
/// lies a few percent beside, which moves the shares by less than this, in points.
const MODEL_SLACK: f64 = 0.5;

/// Every customer's day of registration, relative to the first day of trade, and orders.
#[derive(Debug)]
pub(crate) struct Customers {
    first: NaiveDate,
    registered: Vec<i32>,
    orders: Vec<u32>,
}

/// What the process expects of customers who registered on one day.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    buyers: f64,
    repeaters: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cohort {
    customers: u64,
    buyers: u64,
    repeaters: u64,
    expected: Expected,
}

impl Customers {
    pub(crate) fn new(first: NaiveDate) -> Self {
        Self {
            first,
            registered: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// A customer's number, to name him by.
    pub(crate) fn register(&mut self, day: i32) -> u32 {
        self.registered.push(day);
        self.orders.push(0);
        (self.orders.len() - 1) as u32
    }

    pub(crate) fn add_order(&mut self, customer: u32) {
        self.orders[customer as usize] += 1;
    }

    /// `orders` are those of each day of trade.
    pub(crate) fn measures(&self, settings: &Settings, orders: &[u64]) -> Vec<Measure> {
        let earlier = self.registered.iter().filter(|&&day| day < 0).count();
        let mut all = Cohort::default();
        let mut repeats = Vec::new();
        for (name, cohort) in self.cohorts(&settings.customers, orders) {
            let asked = ratio(cohort.expected.repeaters, cohort.expected.buyers);
            repeats.push(
                Measure::share(
                    "buyers who came again",
                    name,
                    100.0 * asked,
                    cohort.repeaters,
                    cohort.buyers,
                )
                .with_slack(MODEL_SLACK),
            );
            all.customers += cohort.customers;
            all.buyers += cohort.buyers;
            all.expected.buyers += cohort.expected.buyers;
        }
        let bought_pct = 100.0 * ratio(all.expected.buyers, all.customers as f64);
        let mut measures = vec![
            Measure::share(
                "customers from before",
                "",
                settings.customers.earlier_pct,
                earlier as u64,
                self.registered.len() as u64,
            ),
            Measure::share(
                "customers who bought",
                "",
                bought_pct,
                all.buyers,
                all.customers,
            )
            .with_slack(MODEL_SLACK),
        ];
        measures.append(&mut repeats);
        measures
    }

    /// By quarter of registration; who registered before the first day of trade is one cohort.
    fn cohorts(&self, settings: &CustomerSettings, orders: &[u64]) -> BTreeMap<String, Cohort> {
        let process = Process::new(settings, orders, &self.registered);
        let mut expected_of: BTreeMap<i32, Expected> = BTreeMap::new();
        let mut cohorts: BTreeMap<String, Cohort> = BTreeMap::new();
        for (&day, &count) in self.registered.iter().zip(&self.orders) {
            let expected = expected_of
                .entry(day)
                .or_insert_with(|| process.expect(day));
            let cohort = cohorts.entry(self.cohort_of(day)).or_default();
            cohort.customers += 1;
            cohort.buyers += u64::from(count > 0);
            cohort.repeaters += u64::from(count > 1);
            cohort.expected.buyers += expected.buyers;
            cohort.expected.repeaters += expected.repeaters;
        }
        cohorts
    }

    fn cohort_of(&self, day: i32) -> String {
        if day < 0 {
            return "before".to_owned();
        }
        let date = self.first + Days::new(u64::from(day.unsigned_abs()));
        format!("of {} Q{}", date.year(), date.month0() / 3 + 1)
    }
}

/// Orders of a day go to the customers who live and registered before it, in proportion to weights
/// of mean 1. So a customer of weight w has, on that day, a Poisson number of orders of mean
/// w · orders / (expected number of living customers).
struct Process {
    shape: f64,
    /// Of a customer, from one day to the next.
    survival: f64,
    /// Orders that a customer of weight 1 had by the end of each day of trade, as long as he lives.
    exposure: Vec<f64>,
}

impl Process {
    fn new(settings: &CustomerSettings, orders: &[u64], registered: &[i32]) -> Self {
        let monthly = 1.0 - settings.churn_monthly_pct / 100.0;
        let survival = monthly.powf(1.0 / DAYS_PER_MONTH);
        let mut newcomers: BTreeMap<i32, f64> = BTreeMap::new();
        for &day in registered {
            *newcomers.entry(day).or_default() += 1.0;
        }
        // Who comes on a day may buy from the next one on.
        let mut living = newcomers
            .range(..0)
            .map(|(&day, count)| count * survival.powi(-day))
            .sum::<f64>();
        let mut sum = 0.0;
        let exposure = (0..)
            .zip(orders)
            .map(|(day, &orders)| {
                sum += ratio(orders as f64, living);
                let came = newcomers.get(&day).copied().unwrap_or_default();
                living = (living + came) * survival;
                sum
            })
            .collect();
        Self {
            shape: settings.purchase_rate_shape,
            survival,
            exposure,
        }
    }

    /// Sums over the last day of a life; for each of them the gamma distribution of the weight makes
    /// the number of orders a negative binomial one, of which 0 and 1 are needed.
    fn expect(&self, registered: i32) -> Expected {
        let before = usize::try_from(registered)
            .ok()
            .and_then(|day| self.exposure.get(day).copied())
            .unwrap_or_default();
        let start = registered.max(0);
        let lives_on = |day: i32| self.survival.powi(day - registered);
        let last = self.exposure.len() as i32 - 1;
        let mut expected = Expected::default();
        for day in start..=last {
            let probability = if day == last {
                lives_on(day)
            } else {
                lives_on(day) - lives_on(day + 1)
            };
            let exposure = self.exposure[day as usize] - before;
            let none = (self.shape / (self.shape + exposure)).powf(self.shape);
            let one = none * self.shape * exposure / (self.shape + exposure);
            expected.buyers += probability * (1.0 - none);
            expected.repeaters += probability * (1.0 - none - one);
        }
        expected
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::super::measure::Verdict;
    use super::*;

    const DAYS: i32 = 180;
    const ORDERS_PER_DAY: u64 = 100;

    fn uniform(rng: &mut ChaCha8Rng) -> f64 {
        (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The process itself, customer by customer and order by order. The weight is a sum of `shape`
    /// exponentials, which is a gamma distribution for whole shapes.
    fn simulate(shape: u32, churn_monthly_pct: f64, seed: u64) -> Customers {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let first = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a date");
        let mut customers = Customers::new(first);
        let mut behaviour = Vec::new();
        for number in 0..3_000 {
            let day = if number < 1_200 {
                -1 - (uniform(&mut rng) * 1_095.0) as i32
            } else {
                (uniform(&mut rng) * f64::from(DAYS)) as i32
            };
            customers.register(day);
            let weight: f64 = (0..shape).map(|_| -(1.0 - uniform(&mut rng)).ln()).sum();
            let life = (1.0 - uniform(&mut rng)).ln() / (1.0 - churn_monthly_pct / 100.0).ln();
            behaviour.push((
                weight / f64::from(shape),
                f64::from(day) + life * DAYS_PER_MONTH,
            ));
        }
        for today in 0..DAYS {
            let able: Vec<u32> = (0..3_000)
                .filter(|&it| {
                    customers.registered[it as usize] < today
                        && behaviour[it as usize].1 > f64::from(today)
                })
                .collect();
            let total: f64 = able.iter().map(|&it| behaviour[it as usize].0).sum();
            for _ in 0..ORDERS_PER_DAY {
                let mut drawn = uniform(&mut rng) * total;
                let mut chosen = able[0];
                for &it in &able {
                    chosen = it;
                    drawn -= behaviour[it as usize].0;
                    if drawn < 0.0 {
                        break;
                    }
                }
                customers.add_order(chosen);
            }
        }
        customers
    }

    fn settings(shape: f64, churn_monthly_pct: f64) -> Settings {
        let mut settings = Settings::of_size(18_000);
        settings.customers.purchase_rate_shape = shape;
        settings.customers.churn_monthly_pct = churn_monthly_pct;
        settings
    }

    fn is_off(customers: &Customers, settings: &Settings) -> bool {
        let measures = customers.measures(settings, &[ORDERS_PER_DAY; DAYS as usize]);
        measures.iter().any(|it| it.verdict() == Verdict::Off)
    }

    /// Goal: the formula is the process.
    /// Method: simulate it without the formula, and judge it with the parameters that it had.
    #[test]
    fn the_process_that_was_asked_for_is_recognised() {
        for seed in 1..=4 {
            assert!(
                !is_off(&simulate(1, 4.0, seed), &settings(1.0, 4.0)),
                "{seed}"
            );
            assert!(
                !is_off(&simulate(3, 20.0, seed), &settings(3.0, 20.0)),
                "{seed}"
            );
        }
    }

    #[test]
    fn another_process_is_told_off() {
        let customers = simulate(1, 4.0, 1);

        assert!(is_off(&customers, &settings(4.0, 4.0)));
        assert!(is_off(&customers, &settings(1.0, 25.0)));
        let mut settings = settings(1.0, 4.0);
        settings.customers.earlier_pct = 60.0;
        assert!(is_off(&customers, &settings));
    }
}
