//! The kinds of faults, as settings, labels and counts call them.

use std::fmt;
use std::str::FromStr;

use common::config::nearest_hint;
use serde::{Deserialize, Serialize};

/// What may be wrong with the shop's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Kind {
    /// A value is missing.
    Null,
    /// The same row once more.
    DuplicateExact,
    /// The same key with another content.
    DuplicateKey,
    /// The same customer under another id.
    DuplicateNear,
    /// A reference to nothing.
    Orphan,
    /// A number that cannot be.
    Range,
    /// A total that is not the sum of its parts.
    InconsistentTotal,
    /// A date, address or number that is written in another way.
    BadFormat,
    /// A text where a number stands.
    WrongType,
    /// A byte that is no UTF-8.
    Encoding,
    /// A field too few or too many.
    Ragged,
    /// A date in a century to come.
    FutureDate,
    /// An order that comes more than a week late.
    Late,
    /// An amount in cents where all others are in units.
    UnitChange,
    /// A column that was renamed or is new.
    Drift,
    /// A file that ends in the middle of a record.
    Truncated,
    /// A day without orders.
    MissingDay,
    /// A day with few orders.
    VolumeDrop,
    /// A day with too many orders.
    VolumeSpike,
}

/// What a kind of fault befalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Row,
    File,
    Day,
}

impl Kind {
    /// In the order of the design.
    pub const ALL: [Self; 19] = [
        Self::Null,
        Self::DuplicateExact,
        Self::DuplicateKey,
        Self::DuplicateNear,
        Self::Orphan,
        Self::Range,
        Self::InconsistentTotal,
        Self::BadFormat,
        Self::WrongType,
        Self::Encoding,
        Self::Ragged,
        Self::FutureDate,
        Self::Late,
        Self::UnitChange,
        Self::Drift,
        Self::Truncated,
        Self::MissingDay,
        Self::VolumeDrop,
        Self::VolumeSpike,
    ];

    /// As labels and settings write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::DuplicateExact => "duplicate_exact",
            Self::DuplicateKey => "duplicate_key",
            Self::DuplicateNear => "duplicate_near",
            Self::Orphan => "orphan",
            Self::Range => "range",
            Self::InconsistentTotal => "inconsistent_total",
            Self::BadFormat => "bad_format",
            Self::WrongType => "wrong_type",
            Self::Encoding => "encoding",
            Self::Ragged => "ragged",
            Self::FutureDate => "future_date",
            Self::Late => "late",
            Self::UnitChange => "unit_change",
            Self::Drift => "drift",
            Self::Truncated => "truncated",
            Self::MissingDay => "missing_day",
            Self::VolumeDrop => "volume_drop",
            Self::VolumeSpike => "volume_spike",
        }
    }

    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Drift | Self::Truncated => Scope::File,
            Self::MissingDay | Self::VolumeDrop | Self::VolumeSpike => Scope::Day,
            _ => Scope::Row,
        }
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> Self {
        kind.name()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let hint = nearest_hint(text, Self::ALL.into_iter().map(Self::name));
                format!("there is no kind of fault `{text}`{hint}")
            })
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name_and_a_misspelt_one_by_its_nearest() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }

        let error = "orphans".parse::<Kind>().expect_err("no such kind");
        assert_eq!(
            error,
            "there is no kind of fault `orphans`; did you mean `orphan`?"
        );
    }
}
