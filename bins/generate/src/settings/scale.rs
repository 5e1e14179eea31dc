//! How many transactions: a name for a size, or a number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// The most transactions that a shop may have.
const TRANSACTIONS_MAX: u64 = 1_000_000_000;
/// The sizes that have a name.
const NAMED: [(&str, u64); 4] = [
    ("tiny", 10_000),
    ("small", 100_000),
    ("medium", 1_000_000),
    ("large", 10_000_000),
];

/// A number of transactions, from 1 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale(u64);

impl Scale {
    /// So many transactions.
    #[must_use]
    pub fn transactions(self) -> u64 {
        self.0
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = NAMED.iter().find(|(name, _)| *name == text);
        let number = match named {
            Some((_, number)) => Some(*number),
            None => text.replace('_', "").parse().ok(),
        };
        match number {
            Some(number) if (1..=TRANSACTIONS_MAX).contains(&number) => Ok(Self(number)),
            _ => Err(format!(
                "`{text}` is no scale: write tiny, small, medium, large or a number of \
                 transactions from 1 to {TRANSACTIONS_MAX}"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Scale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Scale;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("tiny, small, medium, large or a number of transactions")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scale, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scale, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_name_or_a_number() {
        for (text, number) in [
            ("tiny", 10_000),
            ("large", 10_000_000),
            ("1500", 1_500),
            ("1_000", 1_000),
        ] {
            assert_eq!(text.parse().map(Scale::transactions), Ok(number), "{text}");
        }
        for text in ["", "huge", "0", "-5", "1000000001", "1e6"] {
            let error = text.parse::<Scale>().expect_err(text);
            assert!(error.contains("tiny, small, medium, large"), "{error}");
        }
    }
}
