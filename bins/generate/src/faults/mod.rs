//! Faults that are planted on purpose, each with a label that tells what it is.
//!
//! In: the shop's rows and finished files. Out: the same ones with faults, and a [`Label`] for each.
//!
//! What is done for each kind, and what is expected of the pipeline then, stands in docs/SHOP.md.
//! Contracts and sources expect so today (`config/contracts`, docs/SOURCES.md), but for these, which no
//! check finds yet: near duplicates, hidden digits, payments of a hundredfold, late orders, and the
//! volume of a day before it is published (only monitoring sees it).
//!
//! Architecture invariants: a row has one fault at most. A fault never touches a key that other
//! files refer to, nor another row, nor the number of its lines: what would take something from the
//! order that a row belongs to is a further row instead. The shop itself is drawn from other
//! streams of random numbers, so that it is the same without its faults.

mod change;
mod damage;
mod days;
mod gaps;
mod json;
mod kind;
mod label;
mod planter;
mod settings;
mod spots;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(crate) use damage::FileFault;
pub(crate) use days::DayFault;
pub use kind::Kind;
pub(crate) use label::{Expected, Label, Labels};
pub(crate) use planter::{Planted, PlantedRow, Planter};
pub use settings::FaultRate;
pub(crate) use settings::{FaultSettings, check_wholes};

use crate::output::File;
use crate::random::below;
use crate::settings::Settings;
use days::Lateness;
use planter::Bed;

/// Tells the random numbers of faults from those of the shop.
const OF_FAULTS: u8 = 0xfa;

/// All faults of a shop: which rows, days and files have one follows from it.
#[derive(Debug)]
pub(crate) struct FaultPlan {
    seed: u64,
    start_date: NaiveDate,
    is_stream: bool,
    /// By file; none where nothing is planted.
    beds: Vec<(File, Arc<Bed>)>,
    days: BTreeMap<i32, DayFault>,
    lateness: Option<Lateness>,
    files: BTreeMap<(usize, File), FileFault>,
}

impl FaultPlan {
    /// None when nothing is to be planted.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let faults = &settings.faults;
        if !faults.plants_something() {
            return None;
        }
        let is_stream = settings.days > 0;
        let mut beds = Vec::new();
        for file in File::ALL {
            let mut shares = faults.shares(&days::kinds(file, settings));
            // Lateness is decided for an order, before its rows are made.
            shares.retain(|(kind, _)| *kind != Kind::Late);
            let bed = Bed::new(file, &shares, settings.customer_count());
            beds.extend(bed.map(|bed| (file, Arc::new(bed))));
        }
        Some(Self {
            seed: settings.seed,
            start_date: settings.start_date,
            is_stream,
            beds,
            days: days::draw(settings),
            lateness: Lateness::new(settings),
            files: draw_files(settings),
        })
    }

    /// The faults of what a block of work adds to a file of one delivery; none where that file has
    /// none. A file that is damaged as a whole has none in its rows: it is refused before anybody
    /// looks at them.
    pub(crate) fn planter(&self, file: File, release: usize, block: u64) -> Option<Planter> {
        if self.files.contains_key(&(release, file)) {
            return None;
        }
        let (_, bed) = self.beds.iter().find(|(other, _)| *other == file)?;
        let rng = fault_rng(self.seed, file as u8, [block, release as u64]);
        Some(Planter::new(Arc::clone(bed), rng))
    }

    /// What is wrong with the orders of a day, counted from the first day of trade.
    pub(crate) fn day_fault(&self, day: i32) -> Option<DayFault> {
        self.days.get(&day).copied()
    }

    /// The label of such a day, which would have had so many orders.
    pub(crate) fn day_label(&self, day: i32, fault: DayFault, clean: u64) -> Label {
        let date = self.start_date + TimeDelta::days(i64::from(day));
        let is_gated = self.is_stream && fault != DayFault::VolumeSpike;
        Label {
            key: Some(date.to_string()),
            kind: fault.kind(),
            field: None,
            clean: Some(clean.to_string()),
            expected: if is_gated {
                Expected::Gate
            } else {
                Expected::Warning
            },
        }
    }

    /// Days by which all rows of an order of that day come late; the caller labels its header with
    /// [`Label::late`] instead of planting anything in it.
    pub(crate) fn lateness(&self, order: u64, day: i32) -> Option<i32> {
        self.lateness.as_ref()?.of(order, day)
    }

    /// What is done to that file of a delivery when it is finished.
    pub(crate) fn file_fault(&self, file: File, release: usize) -> Option<&FileFault> {
        self.files.get(&(release, file))
    }
}

/// Distinct files, drawn for each kind in turn.
fn draw_files(settings: &Settings) -> BTreeMap<(usize, File), FileFault> {
    let mut rng = fault_rng(settings.seed, u8::MAX, [1, 0]);
    let mut free = damage::candidates(settings);
    let mut drawn = BTreeMap::new();
    for kind in [Kind::Drift, Kind::Truncated] {
        for _ in 0..settings.faults.count(kind) {
            if !free.is_empty() {
                let position = below(&mut rng, free.len() as u64) as usize;
                let (release, file) = free.swap_remove(position);
                drawn.insert((release, file), FileFault::draw(kind, file, &mut rng));
            }
        }
    }
    drawn
}

/// Random numbers that no other part of the shop uses.
fn fault_rng(seed: u64, part: u8, [block, release]: [u64; 2]) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = OF_FAULTS;
    key[9] = part;
    key[16..24].copy_from_slice(&block.to_le_bytes());
    key[24..32].copy_from_slice(&release.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}
