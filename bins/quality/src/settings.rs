//! `[quality]` of `config/pipeline.toml`.

use chrono::NaiveDate;
use common::{Failure, StageContext};
use serde::Deserialize;
use validator::Validate;

/// Limits of the gate.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Least overall score of a batch.
    #[validate(range(min = 0.0, max = 100.0))]
    pub min_score: f64,
    /// Most points that a score may lie under the median of the source's last ones.
    #[validate(range(min = 0.0, max = 100.0))]
    pub score_drop_max: f64,
    /// Verdicts that the median needs, and takes.
    #[validate(range(min = 1, max = 365))]
    pub score_runs_min: u32,
    /// Most rows of a dataset that may go to quarantine instead of blocking the batch.
    #[validate(range(min = 0.0, max = 100.0))]
    pub quarantined_percent_max: f64,
    /// Fewer quarantined rows than this never block.
    pub quarantined_rows_min: u64,
    /// Most rows of a snapshot that may vanish between two batches.
    #[validate(range(min = 0.0, max = 100.0))]
    pub vanished_percent_max: f64,
    /// So many rows may vanish of a small table, too, where one row is many percent; never more than
    /// half of them.
    pub vanished_few_rows_max: u64,
    /// A price that moves by more than this factor, up or down, has shifted.
    #[validate(range(min = 1.0))]
    pub price_shift_factor: f64,
    /// Most products whose price may shift in one batch.
    #[validate(range(min = 0.0, max = 100.0))]
    pub price_shift_percent_max: f64,
    /// Fewer rows than this are no bulk for the guards.
    pub guard_rows_min: u64,
    /// Least orders of a closed day, of those expected.
    #[validate(range(min = 0.0, max = 100.0))]
    pub volume_percent_min: f64,
    /// Promotions and holidays, of which nothing is expected: `excluded_days` of `[monitor]`.
    #[serde(skip)]
    pub excluded_days: Vec<NaiveDate>,
    /// Memory of one sort or hash table of the server while a batch is judged.
    #[validate(range(min = 4, max = 4096))]
    pub work_mem_mb: u32,
}

/// What the guard of volumes must know of `[monitor]`, so that a holiday stands in one place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Calendar {
    excluded_days: Vec<NaiveDate>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_score: 95.0,
            score_drop_max: 5.0,
            score_runs_min: 7,
            quarantined_percent_max: 5.0,
            quarantined_rows_min: 100,
            vanished_percent_max: 5.0,
            vanished_few_rows_max: 2,
            price_shift_factor: 5.0,
            price_shift_percent_max: 5.0,
            guard_rows_min: 20,
            volume_percent_min: 50.0,
            excluded_days: Vec::new(),
            work_mem_mb: 64,
        }
    }
}

impl Settings {
    pub(crate) fn read(ctx: &StageContext) -> anyhow::Result<Self> {
        let mut settings: Self = ctx.config.section("quality")?;
        settings
            .validate()
            .map_err(|errors| Failure::usage(format!("bad settings in [quality]: {errors}")))?;
        let calendar: Calendar = ctx.config.section("monitor")?;
        settings.excluded_days = calendar.excluded_days;
        Ok(settings)
    }
}
