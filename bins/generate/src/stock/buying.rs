//! When more is bought: in time, or too late, so often that the shelves are empty as long as was
//! asked for.

use rand::Rng;

use crate::random::Chance;

/// How strongly the share of late purchases follows the shelves: of what is missing now, and of what
/// has been missing in all.
const GAIN: f64 = 0.04;
const TOTAL_GAIN: f64 = 0.004;
/// The share at the start, for each share of empty shelves that is asked for.
const FIRST_SHARE: f64 = 2.0;
const SHARE_MAX: f64 = 0.9;
/// Days on which the shelves still live on what lay there at first: nothing is learnt from them.
const WARM_UP_DAYS: u32 = 45;
/// An aim of nothing at all has no share to follow.
const AIM_MIN: f64 = 0.001;

/// Steers the purchases so that a share of the shelves is empty at the end of a day, on average.
#[derive(Debug)]
pub(super) struct Buying {
    aim: f64,
    late_share: f64,
    /// Shelf-days that were empty beyond the aim, as a share of a day's shelves.
    excess: f64,
    day_count: u32,
}

impl Buying {
    pub(super) fn new(stock_out_pct: f64) -> Self {
        let aim = stock_out_pct / 100.0;
        Self {
            aim,
            late_share: (aim * FIRST_SHARE).min(SHARE_MAX),
            excess: 0.0,
            day_count: 0,
        }
    }

    /// Whether the next purchase is made only when nothing is left.
    pub(super) fn is_late(&self, rng: &mut impl Rng) -> bool {
        Chance::share(self.late_share).hits(rng)
    }

    /// Learns how many of the shelves were empty at the end of a day. A controller with a
    /// proportional and an integral term.
    pub(super) fn learn(&mut self, empty_count: u64, shelf_count: u64) {
        self.day_count += 1;
        if shelf_count == 0 || self.aim == 0.0 || self.day_count <= WARM_UP_DAYS {
            return;
        }
        let error = self.aim - empty_count as f64 / shelf_count as f64;
        self.excess -= error;
        let step = (GAIN * error - TOTAL_GAIN * self.excess) / self.aim.max(AIM_MIN);
        self.late_share = (self.late_share + step).clamp(0.0, SHARE_MAX);
    }
}
