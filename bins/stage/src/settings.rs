//! The `[stage]` section of `config/pipeline.toml`.

use common::{Failure, StageContext};
use serde::Deserialize;
use validator::Validate;

use crate::read::Limits;

/// Limits of loading, and the sources that are loaded when none is named.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Folders of `config/sources` that a run without `--source` loads.
    #[validate(length(min = 1))]
    pub sources: Vec<String>,
    /// Share of a file's records that may be rejected before the file blocks its batch.
    #[validate(range(min = 0.0, max = 1.0))]
    pub rejected_share_max: f64,
    /// Rejected records below this number never block.
    pub rejected_rows_min: u64,
    /// Longest record, quoted line breaks included.
    #[validate(range(min = 1_024, max = 67_108_864))]
    pub record_bytes_max: usize,
    /// Most bytes that a packed file may unpack to.
    #[validate(range(min = 1_048_576))]
    pub unpacked_bytes_max: u64,
    /// Most bytes that one packed byte may unpack to.
    #[validate(range(min = 2))]
    pub unpacked_ratio_max: u64,
    /// Connections that copy rows at the same time.
    #[validate(range(min = 1, max = 16))]
    pub copy_streams: usize,
    /// Most columns in a file.
    #[validate(range(min = 1, max = 1_600))]
    pub columns_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sources: vec!["synthetic".to_owned()],
            rejected_share_max: 0.05,
            rejected_rows_min: 100,
            record_bytes_max: 1024 * 1024,
            unpacked_bytes_max: Limits::default().unpacked_bytes_max,
            unpacked_ratio_max: Limits::default().unpacked_ratio_max,
            copy_streams: 2,
            columns_max: 512,
        }
    }
}

impl Settings {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// Exit code 2 for an unknown key or a value out of its range.
    pub fn load(ctx: &StageContext) -> anyhow::Result<Self> {
        let settings: Self = ctx.config.section("stage")?;
        settings
            .validate()
            .map_err(|error| Failure::usage(format!("in section [stage]: {error}")))?;
        // One connection writes rejects beside those that copy.
        let needed = settings.copy_streams + 1;
        if ctx.config.database.pool_size_max < needed {
            return Err(Failure::usage(format!(
                "copy_streams = {} in [stage] needs {needed} connections; raise pool_size_max in \
                 [database], or lower copy_streams",
                settings.copy_streams
            ))
            .into());
        }
        Ok(settings)
    }

    /// What a file may ask for.
    pub fn limits(&self) -> Limits {
        Limits {
            record_bytes_max: self.record_bytes_max,
            unpacked_bytes_max: self.unpacked_bytes_max,
            unpacked_ratio_max: self.unpacked_ratio_max,
        }
    }

    /// Whether so many rejected records block the batch.
    pub fn is_blocked(&self, rows_read: u64, rows_rejected: u64) -> bool {
        // Counts of rows fit into the 52 bits that a float keeps exactly.
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share needs no more than 52 bits"
        )]
        let share = rows_rejected as f64 / rows_read.max(1) as f64;
        rows_rejected >= self.rejected_rows_min && share > self.rejected_share_max
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn few_rejected_rows_never_block_and_many_do() {
        let settings = Settings::default();
        assert!(!settings.is_blocked(100, 99));
        assert!(!settings.is_blocked(10_000, 500));
        assert!(settings.is_blocked(10_000, 501));
    }
}
