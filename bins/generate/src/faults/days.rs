//! Faults of whole days, and orders that come late.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fault_rng;
use super::kind::Kind;
use super::settings::CALM_DAYS;
use super::spots;
use crate::output::File;
use crate::random::{Chance, below, mix};
use crate::settings::Settings;

/// An order that is late comes so many days after its own, at least and at most: later than any
/// order of a healthy shop.
const LATE_DAYS: (u64, u64) = (8, 20);

/// What is wrong with a day's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayFault {
    MissingDay,
    VolumeDrop,
    VolumeSpike,
}

impl DayFault {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::MissingDay => Kind::MissingDay,
            Self::VolumeDrop => Kind::VolumeDrop,
            Self::VolumeSpike => Kind::VolumeSpike,
        }
    }

    /// How many orders there are on a day that would have so many: none, three tenths of them, or
    /// three times as many.
    pub(crate) fn order_count(self, clean: u64) -> u64 {
        match self {
            Self::MissingDay => 0,
            Self::VolumeDrop => clean * 3 / 10,
            Self::VolumeSpike => clean * 3,
        }
    }
}

/// The days, counted from the first of trade, that may have a fault. A stream of more days than
/// there are, which is about to be refused, is taken for one of all days.
pub(super) fn available(settings: &Settings) -> Range<i32> {
    let day_count = settings.day_count();
    let (first, end) = match u64::from(settings.days) {
        0 => (CALM_DAYS, day_count - 1),
        // A stream's first folder holds many days.
        days => (day_count.saturating_sub(days) + 1, day_count),
    };
    first as i32..end.max(first) as i32
}

/// The delivery that has the orders of such a day.
pub(super) fn release(settings: &Settings, day: i32) -> usize {
    match settings.days {
        0 => 0,
        _ => (day - available(settings).start + 1) as usize,
    }
}

/// The share of the orders that are to come late.
pub(super) fn late_share(settings: &Settings) -> f64 {
    let shares = settings.faults.shares(&kinds(File::Transactions, settings));
    let late = shares.iter().find(|(kind, _)| *kind == Kind::Late);
    late.map_or(0.0, |(_, share)| *share)
}

/// The kinds that befall what is in a file, or comes with it.
pub(super) fn kinds(file: File, settings: &Settings) -> Vec<Kind> {
    let mut kinds = spots::kinds(file);
    if file == File::Transactions && settings.days > 1 {
        kinds.push(Kind::Late);
    }
    kinds
}

/// Distinct days, drawn for each kind in turn.
pub(super) fn draw(settings: &Settings) -> BTreeMap<i32, DayFault> {
    let mut free: Vec<i32> = available(settings).collect();
    let mut rng = fault_rng(settings.seed, u8::MAX, [0, 0]);
    let mut drawn = BTreeMap::new();
    for fault in [
        DayFault::MissingDay,
        DayFault::VolumeDrop,
        DayFault::VolumeSpike,
    ] {
        for _ in 0..settings.faults.count(fault.kind()) {
            if !free.is_empty() {
                let position = below(&mut rng, free.len() as u64) as usize;
                drawn.insert(free.swap_remove(position), fault);
            }
        }
    }
    drawn
}

/// Which orders of a change stream are late.
#[derive(Debug, Clone)]
pub(super) struct Lateness {
    seed: u64,
    chance: Chance,
    /// Days that have a folder after the first.
    folders: Range<i32>,
}

impl Lateness {
    /// None where no order is to be late.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let share = late_share(settings);
        (share > 0.0).then(|| Self {
            seed: settings.seed,
            chance: Chance::share(share),
            folders: available(settings),
        })
    }

    /// Days by which an order of that day is late. One that would be in the first folder all the
    /// same, or in none, is not.
    pub(super) fn of(&self, order: u64, day: i32) -> Option<i32> {
        // Without a state, because orders are asked for in any order.
        let drawn = mix(self.seed ^ mix(order));
        if !self.chance.takes(drawn) {
            return None;
        }
        let (least, most) = LATE_DAYS;
        let late = (least + mix(drawn) % (most - least + 1)) as i32;
        self.folders.contains(&(day + late)).then_some(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_with_a_fault_are_distinct_and_as_many_as_asked_for() {
        for (days, possible) in [(0, 28..364), (60, 306..365)] {
            let mut settings = Settings::of_size(1_000);
            settings.days = days;
            settings.faults.missing_day = 20;
            settings.faults.volume_drop = 20;
            settings.faults.volume_spike = 19;
            let drawn = draw(&settings);

            assert_eq!(drawn.len(), 59);
            assert!(drawn.keys().all(|day| possible.contains(day)), "{drawn:?}");
            assert_eq!(drawn, draw(&settings));
        }
    }

    #[test]
    fn a_short_shop_has_no_day_to_spare() {
        let mut settings = Settings::of_size(10);
        settings.end_date = settings.start_date;
        assert_eq!(available(&settings).count(), 0);

        settings.days = 1;
        assert_eq!(available(&settings).count(), 0);
    }

    #[test]
    fn a_days_orders_come_in_its_own_delivery() {
        let mut settings = Settings::of_size(1_000);
        assert_eq!(release(&settings, 40), 0);

        settings.days = 60;
        assert_eq!(
            available(&settings)
                .map(|day| release(&settings, day))
                .min(),
            Some(1)
        );
        assert_eq!(release(&settings, 364), 59);
    }

    #[test]
    fn late_orders_have_their_share_and_a_folder_to_come_in() {
        let mut settings = Settings::of_size(1_000);
        settings.days = 30;
        settings.faults.rates.insert(Kind::Late, 0.1);
        let lateness = Lateness::new(&settings).expect("folders");
        let late: Vec<i32> = (0..100_000)
            .filter_map(|order| lateness.of(order, 340))
            .collect();

        assert!((9_500..10_500).contains(&late.len()), "{}", late.len());
        assert!(late.iter().all(|days| (8..=20).contains(days)));
        assert!((0..1_000).all(|order| lateness.of(order, 315).is_none()));
        assert!((0..1_000).all(|order| lateness.of(order, 357).is_none()));
        assert_eq!(lateness.of(17, 340), lateness.of(17, 340));
    }

    #[test]
    fn a_shop_without_a_stream_is_never_late() {
        let mut settings = Settings::of_size(1_000);
        settings.faults.rates.insert(Kind::Late, 0.1);
        assert!(Lateness::new(&settings).is_none());
    }
}
