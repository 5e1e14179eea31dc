//! Backoff between attempts, after the rule of the AWS architecture blog ("full jitter").

use std::time::Duration;

use rand::RngExt as _;

/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Upper end of the first pause.
const PAUSE_BASE: Duration = Duration::from_millis(500);

/// The pause before the attempt after `attempt` (from 1): `random(0, min(60 s, 0.5 s · 2^n))`.
pub fn pause_after(attempt: u32) -> Duration {
    let ceiling = ceiling(attempt);
    rand::rng().random_range(Duration::ZERO..=ceiling)
}

fn ceiling(attempt: u32) -> Duration {
    PAUSE_BASE
        .checked_mul(2_u32.saturating_pow(attempt))
        .map_or(PAUSE_MAX, |it| it.min(PAUSE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert_eq!(ceiling(1), Duration::from_secs(1));
        assert_eq!(ceiling(3), Duration::from_secs(4));
        assert_eq!(ceiling(40), PAUSE_MAX);
        assert!(pause_after(2) <= Duration::from_secs(2));
    }
}
