//! How many faults of which kind: `[faults]` of `config/generate.toml`, and `--faults` over it.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::damage::candidates;
use super::kind::{Kind, Scope};
use crate::settings::{Compression, Settings, explained};

const WEIGHT_MAX: u64 = 1_000;
const COUNT_MAX: u32 = 100;
/// Without a fault of its days, a shop gets used to what is usual in so many of them.
pub(super) const CALM_DAYS: u64 = 28;

/// `[faults]`; what each key means and its range stand in `config/generate.toml`.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_sum"))]
#[allow(missing_docs)]
pub struct FaultSettings {
    #[validate(range(min = 0.0, max = 0.5))]
    pub rate: f64,
    #[validate(range(min = 0, max = COUNT_MAX))]
    pub drift: u32,
    #[validate(range(min = 0, max = COUNT_MAX))]
    pub truncated: u32,
    #[validate(range(min = 0, max = COUNT_MAX))]
    pub missing_day: u32,
    #[validate(range(min = 0, max = COUNT_MAX))]
    pub volume_drop: u32,
    #[validate(range(min = 0, max = COUNT_MAX))]
    pub volume_spike: u32,
    #[validate(custom(function = "check_weights"))]
    pub weights: BTreeMap<Kind, u64>,
    /// Kinds with a rate of their own, which `rate` leaves out then.
    #[serde(default)]
    #[validate(custom(function = "check_rates"))]
    pub rates: BTreeMap<Kind, f64>,
}

impl FaultSettings {
    /// Flags over the file: later ones win.
    pub(crate) fn override_by(&mut self, flags: &[FaultRate]) {
        for flag in flags {
            match *flag {
                FaultRate::All(rate) => self.rate = rate,
                FaultRate::Rate(kind, rate) => {
                    self.rates.insert(kind, rate);
                }
                FaultRate::Count(kind, count) => {
                    if let Some(asked) = self.count_mut(kind) {
                        *asked = count;
                    }
                }
            }
        }
    }

    /// Files or days that get a fault of this kind.
    pub(super) fn count(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Drift => self.drift,
            Kind::Truncated => self.truncated,
            Kind::MissingDay => self.missing_day,
            Kind::VolumeDrop => self.volume_drop,
            Kind::VolumeSpike => self.volume_spike,
            _ => 0,
        }
    }

    fn count_mut(&mut self, kind: Kind) -> Option<&mut u32> {
        match kind {
            Kind::Drift => Some(&mut self.drift),
            Kind::Truncated => Some(&mut self.truncated),
            Kind::MissingDay => Some(&mut self.missing_day),
            Kind::VolumeDrop => Some(&mut self.volume_drop),
            Kind::VolumeSpike => Some(&mut self.volume_spike),
            _ => None,
        }
    }

    /// Whether anything is asked for.
    pub(super) fn plants_something(&self) -> bool {
        self.rate > 0.0
            || self.rates.values().any(|&rate| rate > 0.0)
            || Kind::ALL.into_iter().any(|kind| self.count(kind) > 0)
    }

    /// The share of rows that get each of these kinds, in a file where just these are possible.
    pub(super) fn shares(&self, possible: &[Kind]) -> Vec<(Kind, f64)> {
        let weight = |kind: &Kind| self.weights.get(kind).copied().unwrap_or_default();
        let total: u64 = possible
            .iter()
            .filter(|kind| !self.rates.contains_key(kind))
            .map(weight)
            .sum();
        possible
            .iter()
            .map(|kind| match self.rates.get(kind) {
                Some(&own) => (*kind, own),
                None if total == 0 => (*kind, 0.0),
                None => (*kind, self.rate * weight(kind) as f64 / total as f64),
            })
            .filter(|&(_, share)| share > 0.0)
            .collect()
    }
}

/// One part of `--faults`: a rate for all rows, or what one kind gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FaultRate {
    /// Share of all rows, of any kind.
    All(f64),
    /// Share of the rows in which that kind can occur.
    Rate(Kind, f64),
    /// Files or days of that kind.
    Count(Kind, u32),
}

impl FromStr for FaultRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else {
            return match share(text, 0.5) {
                Some(rate) => Ok(Self::All(rate)),
                // Words are kinds whose number was forgotten.
                None if text.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                    let kind = text.trim().parse::<Kind>()?;
                    Err(format!("write how many: `{kind}={}`", example(kind)))
                }
                None => Err(format!("`{text}` must be a share of all rows, 0 to 0.5")),
            };
        };
        let kind = name.trim().parse::<Kind>()?;
        if kind.scope() == Scope::Row {
            return share(value, 1.0)
                .map(|rate| Self::Rate(kind, rate))
                .ok_or_else(|| format!("`{kind}` needs a share of the rows, 0 to 1"));
        }
        let what = if kind.scope() == Scope::File {
            "files"
        } else {
            "days"
        };
        match value.trim().parse() {
            Ok(count) if count <= COUNT_MAX => Ok(Self::Count(kind, count)),
            _ => Err(format!(
                "`{kind}` needs a number of {what}, 0 to {COUNT_MAX}"
            )),
        }
    }
}

fn share(text: &str, max: f64) -> Option<f64> {
    let share: f64 = text.trim().parse().ok()?;
    (0.0..=max).contains(&share).then_some(share)
}

fn example(kind: Kind) -> &'static str {
    match kind.scope() {
        Scope::Row => "0.01",
        Scope::File | Scope::Day => "1",
    }
}

fn check_weights(weights: &BTreeMap<Kind, u64>) -> Result<(), ValidationError> {
    check_kinds(weights.keys())?;
    let is_fine = weights.values().all(|&weight| weight <= WEIGHT_MAX);
    if !is_fine || weights.values().all(|&weight| weight == 0) {
        let message = format!("must be from 0 to {WEIGHT_MAX} each, and one of them more than 0");
        return Err(explained("weights", message.into()));
    }
    Ok(())
}

fn check_rates(rates: &BTreeMap<Kind, f64>) -> Result<(), ValidationError> {
    check_kinds(rates.keys())?;
    if rates.values().all(|rate| (0.0..=1.0).contains(rate)) {
        return Ok(());
    }
    Err(explained("rates", "must be from 0 to 1 each".into()))
}

fn check_kinds<'a>(mut kinds: impl Iterator<Item = &'a Kind>) -> Result<(), ValidationError> {
    match kinds.find(|kind| kind.scope() != Scope::Row) {
        None => Ok(()),
        Some(kind) => {
            let message = format!("must not have `{kind}`: say `{kind} = 1` in [faults]");
            Err(explained("kind", message.into()))
        }
    }
}

fn check_sum(faults: &FaultSettings) -> Result<(), ValidationError> {
    if faults.rate + faults.rates.values().sum::<f64>() <= 1.0 {
        return Ok(());
    }
    let message = "rate and the rates of single kinds must be 1 at most together";
    Err(explained("sum", message.into()))
}

/// What depends on the days of the shop: orders that are late, and faults of days and of files.
///
/// # Errors
/// A message for people when the shop has not what they need.
pub(crate) fn check_wholes(settings: &Settings) -> Result<(), ValidationError> {
    let faults = &settings.faults;
    let is_late_wanted = faults
        .rates
        .get(&Kind::Late)
        .is_some_and(|&rate| rate > 0.0);
    if is_late_wanted && settings.days < 2 {
        let message = "faults of the kind `late` need a change stream: say `--days 30`, or any \
                       number of days from 2";
        return Err(explained("late", message.into()));
    }
    let wanted = |scope: Scope| -> usize {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.scope() == scope);
        kinds.map(|kind| faults.count(kind) as usize).sum()
    };
    let (days, days_max) = (wanted(Scope::Day), super::days::available(settings).count());
    if days > days_max {
        let message = format!(
            "faults of {days} days are more than the {days_max} days that can have one: those after \
             the first of a change stream, else all but the first {CALM_DAYS} and the last"
        );
        return Err(explained("days", message.into()));
    }
    let files = wanted(Scope::File);
    if files == 0 {
        return Ok(());
    }
    let files_max = candidates(settings).len();
    if files > files_max {
        let message = format!(
            "faults of {files} files are more than the {files_max} files that can have one"
        );
        return Err(explained("files", message.into()));
    }
    if settings.compression != Compression::None {
        let message = "faults of files need files that are not packed: say `--compression none`";
        return Err(explained("compression", message.into()));
    }
    Ok(())
}
