//! Section `[analytics]` of the settings.

use serde::Deserialize;

/// What is exported, and where to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The source whose files lie in `data/processed/analytics/` itself; any other source has a
    /// folder of its name inside.
    pub primary_source: String,
    /// Write names as `A*** L***`.
    pub mask_names: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            primary_source: "synthetic".to_owned(),
            mask_names: true,
        }
    }
}
