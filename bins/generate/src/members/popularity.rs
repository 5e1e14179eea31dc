//! How much each product earns: a law of Zipf and Mandelbrot, fitted to what was asked for.
//!
//! The product of rank r earns in proportion to (r + q)^−s (Mandelbrot, 1953); s is chosen so that
//! the best fifth of the products earns the share of the settings.

/// Steps of the search for the exponent, each of which halves the interval.
const BISECTIONS: u32 = 40;
const EXPONENT_MAX: f64 = 12.0;

/// What the products of rank 0, 1, 2 … earn, as shares that add up to 1.
pub(super) fn revenue_shares(count: usize, top_fifth_share: f64) -> Vec<f64> {
    let (mut low, mut high) = (0.0, EXPONENT_MAX);
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if top_fifth(&shares(count, middle)) < top_fifth_share {
            low = middle;
        } else {
            high = middle;
        }
    }
    shares(count, high)
}

fn shares(count: usize, exponent: f64) -> Vec<f64> {
    // A flat head, so that no single product is the whole shop.
    let flat_head = 1.0 + count as f64 / 50.0;
    let weights: Vec<f64> = (0..count)
        .map(|rank| libm::pow(rank as f64 + flat_head, -exponent))
        .collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn top_fifth(shares: &[f64]) -> f64 {
    shares[..shares.len().div_ceil(5)].iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_fifth_earns_what_was_asked_for_at_any_count() {
        for count in [5, 50, 500, 15_811] {
            for share in [0.25, 0.68, 0.95] {
                let got = top_fifth(&revenue_shares(count, share));
                assert!(
                    (got - share).abs() < 0.001,
                    "{count} products: {got} for {share}"
                );
            }
        }
    }
}
