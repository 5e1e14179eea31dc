//! The `[orchestrator]` section of `config/pipeline.toml`.

use common::{Failure, StageContext};
use serde::Deserialize;
use validator::Validate;

/// Limits of a run, and when the service runs.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The source that `generate` makes; it is made anew at the start of a run that loads it.
    pub generated_source: String,
    /// Attempts of one program that ends with exit code 3.
    #[validate(range(min = 1, max = 10))]
    pub attempts_max: u32,
    /// Longest run of one program.
    #[validate(range(min = 1))]
    pub stage_timeout_s: u64,
    /// Time that a program has to end after SIGTERM before it is killed.
    #[validate(range(min = 1, max = 300))]
    pub stop_timeout_s: u64,
    /// When `orchestrator schedule` runs: seconds, minutes, hours, day, month, weekday; UTC.
    pub schedule: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generated_source: "synthetic".to_owned(),
            attempts_max: 3,
            stage_timeout_s: 14_400,
            stop_timeout_s: 10,
            schedule: "0 0 2 * * *".to_owned(),
        }
    }
}

impl Settings {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// Exit code 2 for an unknown key or a value out of its range.
    pub(crate) fn load(ctx: &StageContext) -> anyhow::Result<Self> {
        let settings: Self = ctx.config.section("orchestrator")?;
        settings
            .validate()
            .map_err(|error| Failure::usage(format!("in section [orchestrator]: {error}")))?;
        Ok(settings)
    }
}
