//! Faults that are planted on purpose, each with a label that tells what it is.

use serde::Deserialize;
use validator::Validate;

/// `[faults]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FaultSettings {
    #[validate(range(min = 0.0, max = 0.5))]
    pub rate: f64,
}
