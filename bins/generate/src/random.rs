//! Random numbers that depend on the seed and on the place where they are used, and on nothing else.
//!
//! Architecture invariant: what reaches a file is a whole number. Where a distribution computes with
//! fractions the result is rounded at once, so that a last bit in which two machines' logarithms
//! differ is lost: the same seed must give the same bytes everywhere.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many numbers of 64 bits there are.
pub(crate) const NUMBERS: f64 = 18_446_744_073_709_551_616.0;

/// What a stream of random numbers is for. A number is never given to another stream, because that
/// would change what every seed stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Calendar = 1,
    TimesOfDay = 2,
    Brands = 3,
    Popularity = 4,
    Products = 5,
    Streets = 6,
    Registrations = 7,
    Customers = 8,
    Persons = 9,
    Orders = 10,
    Visits = 11,
    Stock = 12,
    Suppliers = 13,
    Stores = 14,
}

/// The generator of one block of one stream. Blocks do not depend on each other, so that they can
/// be made in any order.
pub(crate) fn block_rng(seed: u64, stream: Stream, block: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = stream as u8;
    key[16..24].copy_from_slice(&block.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A number from 0 to `limit` − 1. Own arithmetic, because the standard one may change its values
/// with a new version of its crate.
pub(crate) fn below(rng: &mut impl Rng, limit: u64) -> u64 {
    let product = u128::from(rng.next_u64()) * u128::from(limit);
    (product >> 64) as u64
}

/// A number from `first` to `last`, both included.
pub(crate) fn between(rng: &mut impl Rng, first: u64, last: u64) -> u64 {
    first + below(rng, last - first + 1)
}

/// Any element of a table that is not empty.
pub(crate) fn any<T: Copy>(rng: &mut impl Rng, table: &[T]) -> T {
    table[below(rng, table.len() as u64) as usize]
}

/// A probability, as the part of all 64-bit numbers that hit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Hits in so many of 100 cases.
    pub(crate) fn percent(percent: f64) -> Self {
        Self::share(percent / 100.0)
    }

    /// Hits in that share of the cases, from 0 to 1.
    pub(crate) fn share(share: f64) -> Self {
        // A cast saturates, so that 1 becomes "all but one of 2⁶⁴".
        Self((share * NUMBERS) as u64)
    }

    pub(crate) fn hits(self, rng: &mut impl Rng) -> bool {
        self.takes(rng.next_u64())
    }

    /// Whether that number, one of all 64-bit numbers, is a hit.
    pub(crate) fn takes(self, number: u64) -> bool {
        self.0 > 0 && number <= self.0
    }
}

/// Picks positions in proportion to their weights.
#[derive(Debug)]
pub(crate) struct Weighted {
    cumulative: Vec<u64>,
}

impl Weighted {
    /// At least one weight must be more than 0.
    pub(crate) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let cumulative = weights
            .into_iter()
            .scan(0, |total, weight| {
                *total += weight;
                Some(*total)
            })
            .collect();
        Self { cumulative }
    }

    pub(crate) fn pick(&self, rng: &mut impl Rng) -> usize {
        self.pick_of_first(self.cumulative.len(), rng)
    }

    /// Picks among the first `count` positions only; one of them must have a weight.
    pub(crate) fn pick_of_first(&self, count: usize, rng: &mut impl Rng) -> usize {
        let candidates = &self.cumulative[..count];
        let drawn = below(rng, candidates[count - 1]);
        candidates.partition_point(|&sum| sum <= drawn)
    }
}

/// Spreads a number over all 64 bits: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Puts the elements into a random order (Fisher and Yates).
pub(crate) fn shuffle<T>(rng: &mut impl Rng, elements: &mut [T]) {
    for position in (1..elements.len()).rev() {
        elements.swap(position, below(rng, position as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_streams_and_seeds_differ() {
        let mut numbers = vec![
            block_rng(1, Stream::Orders, 0).next_u64(),
            block_rng(1, Stream::Orders, 1).next_u64(),
            block_rng(2, Stream::Orders, 0).next_u64(),
            block_rng(1, Stream::Customers, 0).next_u64(),
        ];
        numbers.sort_unstable();
        numbers.dedup();

        assert_eq!(numbers.len(), 4);
    }

    #[test]
    fn picks_follow_the_weights_and_never_the_weightless() {
        let weighted = Weighted::new([1, 0, 3]);
        let mut rng = block_rng(7, Stream::Orders, 0);
        let mut counts = [0; 3];
        for _ in 0..40_000 {
            counts[weighted.pick(&mut rng)] += 1;
        }

        assert_eq!(counts[1], 0);
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn picks_of_the_first_stay_among_them() {
        let weighted = Weighted::new([5, 5, 90]);
        let mut rng = block_rng(7, Stream::Orders, 0);

        assert!((0..1_000).all(|_| weighted.pick_of_first(2, &mut rng) < 2));
    }

    #[test]
    fn chances_hit_as_often_as_they_say() {
        let mut rng = block_rng(7, Stream::Orders, 0);
        for (percent, range) in [
            (0.0, 0..1),
            (2.5, 2_300..2_700),
            (50.0, 49_000..51_000),
            (100.0, 100_000..100_001),
        ] {
            let chance = Chance::percent(percent);
            let hits = (0..100_000).filter(|_| chance.hits(&mut rng)).count();
            assert!(range.contains(&hits), "{percent} %: {hits}");
        }
    }
}
