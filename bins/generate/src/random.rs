//! Random numbers that depend on the seed and on the place where they are used, and on nothing else.
//!
//! Architecture invariant: whole numbers only. Floating-point functions differ between machines,
//! and the same seed must give the same bytes on all of them.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
    Loyalty = 9,
    Orders = 10,
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

/// True in `percent` of 100 cases.
pub(crate) fn chance(rng: &mut impl Rng, percent: u64) -> bool {
    below(rng, 100) < percent
}

/// Any element of a table that is not empty.
pub(crate) fn any<'a, T>(rng: &mut impl Rng, table: &'a [T]) -> &'a T {
    &table[below(rng, table.len() as u64) as usize]
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

    /// Picks among the first `count` positions only.
    pub(crate) fn pick_of_first(&self, count: usize, rng: &mut impl Rng) -> usize {
        let candidates = &self.cumulative[..count];
        let drawn = below(rng, candidates[count - 1]);
        candidates.partition_point(|&sum| sum <= drawn)
    }
}

/// Weights of a law of Zipf in a random order; its head is flat, so that the best fifth has about
/// three fifths of the weight at any count.
pub(crate) fn zipf_weights(rng: &mut impl Rng, count: u64) -> Vec<u64> {
    let flat_head = 5 + count / 50;
    let mut weights: Vec<u64> = (0..count)
        .map(|rank| 1_000_000_000 / (rank + flat_head))
        .collect();
    for position in (1..weights.len()).rev() {
        weights.swap(position, below(rng, position as u64 + 1) as usize);
    }
    weights
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
    fn the_top_fifth_of_a_zipf_law_has_most_of_the_weight_at_any_count() {
        for count in [500, 5_000, 50_000] {
            let mut weights = zipf_weights(&mut block_rng(7, Stream::Popularity, 0), count);
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let top: u64 = weights[..count as usize / 5].iter().sum();
            let all: u64 = weights.iter().sum();

            assert!((55..65).contains(&(top * 100 / all)), "{}", top * 100 / all);
        }
    }
}
