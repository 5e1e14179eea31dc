//! Which products are bought together.
//!
//! In: the products of every basket in the order of its lines, twice: once to find candidates for
//! planted pairs, once to count them. Out: confidence and lift of the pairs, beside what
//! `[baskets]` asks for.
//!
//! Invariant: memory grows with the products, never with the pairs of them: a product keeps the few
//! products that most often stand on the line after it (Misra and Gries, "Finding repeated
//! elements", Science of Computer Programming 2, 1982).

use super::measure::{Measure, Unit, percentages, ratio, share_tolerance};
use crate::settings::{Baskets, Settings};

/// What follows a product in more than one of so many cases and one more is surely kept.
const FOLLOWERS: usize = 32;
/// A pair must have been bought so often before anything is said of it: the second product on the
/// line after the first one, and any product after the first one.
const FOLLOWED_MIN: u32 = 8;
const CASES_MIN: u32 = 30;
/// Part of what was asked for that a product's partner has of its followers, at least.
const SHARE_MIN: f64 = 0.5;
/// So many times as often as its popularity makes it, and so many standard deviations more often.
/// Products that were on sale in the same weeks alone follow each other a little more often, too.
const LIFT_MIN: f64 = 3.0;
const SURPRISE_MIN: f64 = 6.0;
/// Products of which enough is known, for each pair that is asked for.
const KNOWN_PER_PAIR: usize = 10;
/// Points by which stock-outs, launches and pairs within pairs may move a confidence.
const MODEL_SLACK: f64 = 1.0;

/// First pass: what follows what.
#[derive(Debug)]
pub(crate) struct Search {
    products: Vec<Followed>,
    lines: u64,
}

#[derive(Debug, Clone, Default)]
struct Followed {
    lines: u32,
    /// Lines that have another one after them.
    cases: u32,
    followers: [Follower; FOLLOWERS],
}

#[derive(Debug, Clone, Copy, Default)]
struct Follower {
    product: u32,
    times: u32,
}

impl Search {
    pub(crate) fn new(product_count: usize) -> Self {
        Self {
            products: vec![Followed::default(); product_count],
            lines: 0,
        }
    }

    pub(crate) fn add_basket(&mut self, products: &[u32]) {
        for &product in products {
            self.products[product as usize].lines += 1;
        }
        self.lines += products.len() as u64;
        for pair in products.windows(2).filter(|pair| pair[0] != pair[1]) {
            self.products[pair[0] as usize].follow(pair[1]);
        }
    }

    /// Products of which enough is known to tell that they have a partner.
    fn known_count(&self) -> usize {
        self.products.iter().filter(|it| it.is_known()).count()
    }

    /// Pairs of which the second product follows the first one far more often than chance has it.
    fn pairs(&self, settings: &Baskets) -> Vec<[u32; 2]> {
        let share_min = SHARE_MIN * settings.attached_pct / 100.0;
        let mut pairs = Vec::new();
        for (first, followed) in (0..).zip(&self.products) {
            for follower in &followed.followers {
                let second = &self.products[follower.product as usize];
                let share = ratio(follower.times.into(), followed.cases.into());
                let by_chance = ratio(second.lines.into(), self.lines as f64);
                let expected = by_chance * f64::from(followed.cases);
                let surprise = (f64::from(follower.times) - expected) / expected.sqrt();
                let is_planted = followed.is_known()
                    && follower.times >= FOLLOWED_MIN
                    && share >= share_min
                    && share >= LIFT_MIN * by_chance
                    && surprise >= SURPRISE_MIN;
                if is_planted {
                    pairs.push([first, follower.product]);
                }
            }
        }
        pairs
    }
}

impl Followed {
    fn is_known(&self) -> bool {
        self.cases >= CASES_MIN
    }

    fn follow(&mut self, product: u32) {
        self.cases += 1;
        if let Some(same) = self
            .followers
            .iter_mut()
            .find(|it| it.times > 0 && it.product == product)
        {
            same.times += 1;
        } else if let Some(free) = self.followers.iter_mut().find(|it| it.times == 0) {
            *free = Follower { product, times: 1 };
        } else {
            self.followers.iter_mut().for_each(|it| it.times -= 1);
        }
    }
}

/// Second pass: how often the pairs are in a basket.
#[derive(Debug)]
pub(crate) struct Pairs {
    pairs: Vec<Pair>,
    known_count: usize,
    /// Positions in `pairs` by product; most products have none.
    roles: Vec<Vec<u32>>,
    baskets: u64,
    lines: u64,
}

#[derive(Debug, Clone, Default)]
struct Pair {
    products: [u32; 2],
    with_first: u64,
    with_second: u64,
    with_both: u64,
    /// Lines of baskets with the first product.
    lines_with_first: u64,
    /// Lines of the second product in other baskets.
    second_alone: u64,
}

impl Pairs {
    /// Of those that the search found.
    pub(crate) fn new(search: &Search, settings: &Baskets) -> Self {
        let found = search.pairs(settings);
        let mut roles = vec![Vec::new(); search.products.len()];
        for (position, products) in (0..).zip(&found) {
            for &product in products {
                roles[product as usize].push(position);
            }
        }
        let pairs = found.into_iter().map(|products| Pair {
            products,
            ..Pair::default()
        });
        Self {
            pairs: pairs.collect(),
            known_count: search.known_count(),
            roles,
            baskets: 0,
            lines: 0,
        }
    }

    pub(crate) fn add_basket(&mut self, products: &[u32]) {
        self.baskets += 1;
        self.lines += products.len() as u64;
        let mut touched: Vec<u32> = products
            .iter()
            .flat_map(|&it| &self.roles[it as usize])
            .copied()
            .collect();
        touched.sort_unstable();
        touched.dedup();
        for position in touched {
            self.pairs[position as usize].add_basket(products);
        }
    }

    pub(crate) fn measures(&self, settings: &Settings) -> Vec<Measure> {
        let asked = &settings.baskets;
        let mut sums = Sums::default();
        for pair in &self.pairs {
            let alone = ratio(
                pair.second_alone as f64,
                (self.lines - pair.lines_with_first) as f64,
            );
            let with_first = pair.with_first as f64;
            sums.with_first += with_first;
            sums.asked += with_first * confidence(asked, alone);
            sums.found += pair.with_both as f64;
            sums.by_chance += with_first * ratio(pair.with_second as f64, self.baskets as f64);
        }
        let asked_pct = 100.0 * ratio(sums.asked, sums.with_first);
        let cases = sums.with_first as u64;
        let tolerance = share_tolerance(asked_pct, cases) + MODEL_SLACK;
        let lift = |both: f64| ratio(both, sums.by_chance);
        vec![
            self.count(asked.pairs),
            Measure {
                group: "baskets with a pair's first product and its second",
                name: String::new(),
                unit: Unit::Percent,
                asked: asked_pct,
                found: 100.0 * ratio(sums.found, sums.with_first),
                tolerance,
                cases,
            },
            Measure {
                group: "lift of the pairs",
                name: String::new(),
                unit: Unit::Times,
                asked: lift(sums.asked),
                found: lift(sums.found),
                tolerance: lift(sums.with_first * tolerance / 100.0),
                cases,
            },
        ]
    }

    /// A shop in which few products are bought often may hide a pair, and one with few products
    /// cannot have as many pairs as may be asked for.
    fn count(&self, asked: usize) -> Measure {
        let is_telling = asked * KNOWN_PER_PAIR <= self.known_count;
        Measure {
            group: "pairs that are bought together",
            name: String::new(),
            unit: Unit::Count,
            asked: asked as f64,
            found: self.pairs.len() as f64,
            tolerance: 0.5,
            cases: if is_telling { self.baskets } else { 0 },
        }
    }
}

#[derive(Debug, Default)]
struct Sums {
    with_first: f64,
    asked: f64,
    found: f64,
    by_chance: f64,
}

impl Pair {
    fn add_basket(&mut self, products: &[u32]) {
        let has = |position: usize| products.contains(&self.products[position]);
        let (has_first, has_second) = (has(0), has(1));
        self.with_first += u64::from(has_first);
        self.with_second += u64::from(has_second);
        self.with_both += u64::from(has_first && has_second);
        if has_first {
            self.lines_with_first += products.len() as u64;
        } else {
            let second = self.products[1];
            self.second_alone += products.iter().filter(|&&it| it == second).count() as u64;
        }
    }
}

/// Share of the baskets with the first product of a pair that have the second one, too.
///
/// An order's number of lines k is drawn first, with the weights q. The first product stands on any
/// of its lines alike, and the second one comes next with the chance that was asked for, where
/// there is a next line: in Σ q(k) · (k − 1) / Σ q(k) · k of the baskets with the first product.
/// Where it does not, each of the other lines (Σ q(k) · k² / Σ q(k) · k − 1 of them on average) may
/// have it by its popularity, which is its share of the lines of baskets without the first product.
fn confidence(settings: &Baskets, second_share_of_lines: f64) -> f64 {
    let weights = percentages(settings.line_count_weights.map(|it| it as f64));
    let moment = |power: i32| -> f64 {
        (1..)
            .zip(weights)
            .map(|(k, weight)| weight / 100.0 * f64::from(k).powi(power))
            .sum()
    };
    let has_next = 1.0 - ratio(1.0, moment(1));
    let other_lines = ratio(moment(2), moment(1)) - 1.0;
    let attached = settings.attached_pct / 100.0 * has_next;
    let by_popularity = 1.0 - (1.0 - second_share_of_lines).powf(other_lines);
    attached + (1.0 - attached) * by_popularity
}

#[cfg(test)]
mod tests {
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::super::measure::Verdict;
    use super::*;

    const PRODUCTS: u64 = 300;

    /// Baskets as the settings describe them; product 2·n gets 2·n + 1 as its partner.
    fn baskets(settings: &Baskets, seed: u64, count: usize) -> Vec<Vec<u32>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut below =
            move |limit: u64| ((u128::from(rng.next_u64()) * u128::from(limit)) >> 64) as u64;
        (0..count)
            .map(|_| {
                let mut drawn = below(settings.line_count_weights.iter().sum());
                let mut lines = 1;
                for weight in settings.line_count_weights {
                    if drawn < weight {
                        break;
                    }
                    drawn -= weight;
                    lines += 1;
                }
                let mut basket: Vec<u32> = Vec::new();
                while basket.len() < lines {
                    // The product of two uniform numbers makes the first products popular.
                    let mut product = (below(PRODUCTS) * below(PRODUCTS) / PRODUCTS) as u32;
                    if let Some(&last) = basket.last()
                        && last % 2 == 0
                        && (last as usize) < 2 * settings.pairs
                        && (below(10_000) as f64) < settings.attached_pct * 100.0
                    {
                        product = last + 1;
                    }
                    if !basket.contains(&product) {
                        basket.push(product);
                    }
                }
                basket
            })
            .collect()
    }

    fn measures(made: &Baskets, asked: &Settings, seed: u64) -> Vec<Measure> {
        let baskets = baskets(made, seed, 20_000);
        let mut search = Search::new(PRODUCTS as usize);
        baskets.iter().for_each(|it| search.add_basket(it));
        let mut pairs = Pairs::new(&search, &asked.baskets);
        baskets.iter().for_each(|it| pairs.add_basket(it));
        pairs.measures(asked)
    }

    fn verdicts(made: &Baskets, asked: &Settings) -> Vec<Verdict> {
        let measures = measures(made, asked, 5);
        measures.iter().map(Measure::verdict).collect()
    }

    #[test]
    fn the_pairs_that_were_asked_for_are_found_and_confident() {
        let asked = Settings::of_size(20_000);
        for seed in 1..=5 {
            for measure in measures(&asked.baskets, &asked, seed) {
                assert_eq!(measure.verdict(), Verdict::Ok, "{measure:?}");
            }
        }
    }

    #[test]
    fn other_pairs_are_told_off() {
        use Verdict::{Off, Ok, TooFew};
        let asked = Settings::of_size(20_000);
        let made = |pairs, attached_pct| Baskets {
            pairs,
            attached_pct,
            ..asked.baskets.clone()
        };

        assert_eq!(verdicts(&made(12, 25.0), &asked), [Ok, Off, Off]);
        assert_eq!(verdicts(&made(6, 35.0), &asked), [Off, Ok, Ok]);
        assert_eq!(verdicts(&made(0, 35.0), &asked), [Off, TooFew, TooFew]);
    }
}
