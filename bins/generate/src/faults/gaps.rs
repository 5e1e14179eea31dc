//! How many rows go by between two faults.
//!
//! Architecture invariant: whole numbers only, so that every machine draws the same gaps.

use rand::Rng;

use crate::random::NUMBERS;

/// A gap is shorter than 2 to the power of this.
const BITS: usize = 40;

/// Draws from the geometric distribution, as a trial on every row would, at the cost of one draw
/// for each fault instead of each row.
#[derive(Debug, Clone)]
pub(super) struct Gaps {
    /// Probability that 1, 2, 4, 8, … rows in a row have no fault, as parts of 2⁶⁴.
    without: [u64; BITS],
}

impl Gaps {
    /// For a fault on a row in that share of the cases, from 0 to 1.
    pub(super) fn of_share(share: f64) -> Self {
        // A cast saturates.
        let mut power = u64::MAX - (share * NUMBERS) as u64;
        let without = std::array::from_fn(|_| {
            let this = power;
            power = product(power, power);
            this
        });
        Self { without }
    }

    /// Rows without a fault before the next one with it.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> u64 {
        let drawn = rng.next_u64();
        let mut gap = 0;
        let mut reached = u64::MAX;
        // The longest run of rows that is likelier than what was drawn, from its highest bit on.
        for (bit, &without) in self.without.iter().enumerate().rev() {
            let further = product(reached, without);
            if further > drawn {
                gap += 1_u64 << bit;
                reached = further;
            }
        }
        gap
    }
}

/// The product of two parts of 2⁶⁴.
fn product(left: u64, right: u64) -> u64 {
    ((u128::from(left) * u128::from(right)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Goal: gaps are those of a trial on every row.
    /// Method: their mean and their share of zeros over many draws.
    #[test]
    fn gaps_are_geometric() {
        for share in [0.5, 0.1, 0.01, 0.000_1] {
            let gaps = Gaps::of_share(share);
            let mut rng = ChaCha8Rng::seed_from_u64(3);
            let drawn: Vec<u64> = (0..100_000).map(|_| gaps.draw(&mut rng)).collect();
            let mean = drawn.iter().sum::<u64>() as f64 / 100_000.0;
            let zeros = drawn.iter().filter(|&&gap| gap == 0).count() as f64 / 100_000.0;

            let expected = (1.0 - share) / share;
            assert!((mean / expected - 1.0).abs() < 0.02, "{share}: {mean}");
            assert!((zeros - share).abs() < 0.005, "{share}: {zeros}");
        }
    }

    #[test]
    fn a_share_of_all_has_no_gap() {
        let gaps = Gaps::of_share(1.0);
        let mut rng = ChaCha8Rng::seed_from_u64(3);

        assert!((0..1_000).all(|_| gaps.draw(&mut rng) == 0));
    }
}
