//! Customers in the order in which they registered: how often each of them buys, when they move,
//! and when they leave.
//!
//! Rates of purchase are drawn from a gamma distribution and lives from an exponential one: the
//! Pareto/NBD model of Schmittlein, Morrison and Colombo, "Counting Your Customers", 1987.

use rand::Rng;
use rand_distr::{Distribution as _, Exp1, Gamma};
use rayon::prelude::*;

use crate::ids::CUSTOMER;
use crate::members::addresses::{Address, streets};
use crate::members::persons::Persons;
use crate::members::places::by_customers;
use crate::output::{Chunk, File, Releases};
use crate::random::{Chance, Stream, Weighted, below, between, block_rng};
use crate::settings::Settings;
use crate::time::{Clock, Moment};

/// Customers that share a random stream.
const BLOCK_ROWS: usize = 4_096;
/// Customers of before the first day of trade registered within this many days.
const EARLIER_DAYS: u64 = 3 * 365;
/// A rate of purchase of 1 on average becomes this weight.
const RATE_UNIT: f64 = 65_536.0;
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
const DAYS_PER_YEAR: f64 = 365.25;
/// Customers who are asked for before the next one who is still there is taken.
const DRAWS_MAX: u32 = 64;

/// What orders need to know of a customer.
#[derive(Debug, Clone, Copy)]
struct Customer {
    registered: i32,
    /// From that day on nothing is bought.
    left: i32,
    moved: i32,
    deleted: i32,
    home: Address,
    next_home: Address,
}

/// The shop's customers by registration date; position 0 is customer number 1.
#[derive(Debug)]
pub(crate) struct Customers {
    seed: u64,
    people: Vec<Customer>,
    rates: Weighted,
    pub(crate) streets: Vec<String>,
    persons: Persons,
}

impl Customers {
    pub(crate) fn new(settings: &Settings, releases: &Releases) -> Self {
        let registrations = registrations(settings);
        let drawn: Vec<(Vec<Customer>, Vec<u64>)> = registrations
            .par_chunks(BLOCK_ROWS)
            .enumerate()
            .map(|(block, days)| {
                let mut draw = Draw::new(settings, releases, block as u64);
                days.iter().map(|&day| draw.customer(day)).unzip()
            })
            .collect();
        let mut people = Vec::with_capacity(registrations.len());
        let mut rates = Vec::with_capacity(registrations.len());
        for (block, block_rates) in drawn {
            people.extend(block);
            rates.extend(block_rates);
        }
        // Somebody is always there.
        people[0].left = i32::MAX;
        people[0].deleted = i32::MAX;
        Self {
            seed: settings.seed,
            people,
            rates: Weighted::new(rates),
            streets: streets(settings.seed),
            persons: Persons::new(settings.end_date),
        }
    }

    pub(crate) fn block_count(&self) -> usize {
        self.people.len().div_ceil(BLOCK_ROWS)
    }

    /// Customers who had registered before that day; at least 1 on every day of trade.
    pub(crate) fn count_before(&self, day: i32) -> usize {
        self.people
            .partition_point(|customer| customer.registered < day)
    }

    /// One of the first `count` customers who is still there on that day, by the rates of purchase.
    pub(crate) fn pick(&self, day: i32, count: usize, rng: &mut impl Rng) -> u32 {
        let mut picked = 0;
        for _ in 0..DRAWS_MAX {
            picked = self.rates.pick_of_first(count, rng);
            if day < self.people[picked].left {
                return picked as u32;
            }
        }
        // The first customer never leaves, so the search ends.
        while self.people[picked].left <= day {
            picked = picked.saturating_sub(1);
        }
        picked as u32
    }

    /// Where the customer lives on that day.
    pub(crate) fn home(&self, customer: u32, day: i32) -> Address {
        let customer = &self.people[customer as usize];
        if day < customer.moved {
            customer.home
        } else {
            customer.next_home
        }
    }

    /// Writes one block of customers into each delivery that tells of them.
    pub(crate) fn write_block(
        &self,
        block: usize,
        releases: &Releases,
        clock: &Clock,
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        let mut rng = block_rng(self.seed, Stream::Persons, block as u64);
        let first = block * BLOCK_ROWS;
        for index in first..self.people.len().min(first + BLOCK_ROWS) {
            let customer = self.people[index];
            let person = self.persons.draw(customer.registered, clock, &mut rng);
            let registered = Moment::new(customer.registered, person.registered_at);
            // A day from the registration on, so that it comes after it.
            let moved = known(customer.moved, person.moved_at);
            for (release, horizon) in releases.changes([registered, moved], 0) {
                // Who was deleted is not delivered again.
                if customer.deleted <= horizon.day {
                    continue;
                }
                let (home, updated_at) = if moved <= horizon {
                    (customer.next_home, moved)
                } else {
                    (customer.home, registered)
                };
                let sheet = chunk.sheet(release, File::Customers);
                person.write(index as u64 + 1, registered, home, sheet, clock);
                sheet.timestamp(updated_at, clock);
                sheet.end_row()?;
            }
            let deleted = known(customer.deleted, person.deleted_at);
            for (release, _) in releases.changes([deleted], 0) {
                let sheet = chunk.sheet(release, File::Deletes);
                sheet.text("customers").id(CUSTOMER, index as u64 + 1);
                sheet.timestamp(deleted, clock).end_row()?;
            }
        }
        Ok(())
    }
}

/// A moment on that day, unless the day never comes.
fn known(day: i32, second: u32) -> Moment {
    if day == i32::MAX {
        Moment::NEVER
    } else {
        Moment::new(day, second)
    }
}

/// Draws one block of customers.
struct Draw<'a> {
    rng: rand_chacha::ChaCha8Rng,
    cities: Weighted,
    rate: Gamma<f64>,
    settings: &'a Settings,
    /// Data is deleted during a change stream only: before it nobody would know of it.
    first_deletion: Option<i32>,
}

impl<'a> Draw<'a> {
    fn new(settings: &'a Settings, releases: &Releases, block: u64) -> Self {
        let shape = settings.customers.purchase_rate_shape;
        Self {
            rng: block_rng(settings.seed, Stream::Customers, block),
            cities: by_customers(),
            // The shape is checked, so the first arm is always taken.
            rate: Gamma::new(shape, 1.0 / shape)
                .unwrap_or_else(|error| unreachable!("a gamma distribution of {shape}: {error}")),
            settings,
            first_deletion: releases.is_stream().then(|| releases.first_day() + 1),
        }
    }

    /// A customer who registered on that day, and their rate of purchase.
    fn customer(&mut self, registered: i32) -> (Customer, u64) {
        let customers = &self.settings.customers;
        let home = Address::draw(&mut self.rng, &self.cities);
        let next_home = Address::draw(&mut self.rng, &self.cities);
        let rate = (self.rate.sample(&mut self.rng) * RATE_UNIT) as u64 + 1;
        let left = self.later(registered, customers.churn_monthly_pct, DAYS_PER_MONTH);
        let moved = self.later(registered, customers.moves_yearly_pct, DAYS_PER_YEAR);
        let deletions_pct = self.settings.stream.deleted_customers_monthly_pct;
        let deleted = self.later(registered, deletions_pct, DAYS_PER_MONTH);
        let is_deleted = self.first_deletion.is_some_and(|first| deleted >= first);
        let customer = Customer {
            registered,
            left: if is_deleted { left.min(deleted) } else { left },
            moved: if is_deleted && moved >= deleted {
                i32::MAX
            } else {
                moved
            },
            deleted: if is_deleted { deleted } else { i32::MAX },
            home,
            next_home,
        };
        (customer, rate)
    }

    /// A day after `day`, if `percent` of those who wait do so within a period of so many days: an
    /// exponential wait (the rate is −ln(1 − share) a period).
    fn later(&mut self, day: i32, percent: f64, period_days: f64) -> i32 {
        let wait: f64 = Exp1.sample(&mut self.rng);
        let rate = -libm::log(1.0 - percent.min(99.9) / 100.0) / period_days;
        let days = wait / rate;
        if rate > 0.0 && days < 1e6 {
            day + 1 + days as i32
        } else {
            i32::MAX
        }
    }
}

/// Registration days in order; the first is before the first day of trade, so that every order
/// finds somebody who was there.
fn registrations(settings: &Settings) -> Vec<i32> {
    let mut rng = block_rng(settings.seed, Stream::Registrations, 0);
    let is_earlier = Chance::percent(settings.customers.earlier_pct);
    let mut days: Vec<i32> = (0..settings.customer_count())
        .map(|index| {
            if index == 0 || is_earlier.hits(&mut rng) {
                -(between(&mut rng, 1, EARLIER_DAYS) as i32)
            } else {
                below(&mut rng, settings.day_count()) as i32
            }
        })
        .collect();
    days.sort_unstable();
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_there_on_every_day() {
        for seed in 0..50 {
            let mut settings = Settings::of_size(100);
            settings.seed = seed;
            settings.customers.count = Some(3);
            settings.customers.churn_monthly_pct = 50.0;
            let customers = Customers::new(&settings, &Releases::new(&settings));
            let mut rng = block_rng(seed, Stream::Orders, 0);
            for day in 0..365 {
                let count = customers.count_before(day);
                let picked = customers.pick(day, count, &mut rng) as usize;
                assert!(customers.people[picked].registered < day);
                assert!(day < customers.people[picked].left);
            }
        }
    }

    /// Goal: lives and moves are as long as the settings say.
    /// Method: of 20,000 customers, count those who left within 30.4 days and moved within 365.25.
    #[test]
    fn people_leave_and_move_at_their_rates() {
        let mut settings = Settings::of_size(200_000);
        settings.customers.churn_monthly_pct = 10.0;
        settings.customers.moves_yearly_pct = 20.0;
        let customers = Customers::new(&settings, &Releases::new(&settings));
        let share = |is: &dyn Fn(&Customer) -> bool| {
            customers.people.iter().filter(|it| is(it)).count() as f64
                / customers.people.len() as f64
        };

        let left = share(&|it| it.left.saturating_sub(it.registered) <= 30);
        let moved = share(&|it| it.moved.saturating_sub(it.registered) <= 365);
        assert!((0.09..0.11).contains(&left), "{left}");
        assert!((0.19..0.21).contains(&moved), "{moved}");
    }
}
