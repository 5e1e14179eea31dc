//! Guards against mass changes: they compare with production, look only at tables that this batch
//! brought, and cannot trip on a source without a history.

mod volume;

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;

use crate::check::{Assertion, Dimension, Severity};
use crate::faults::Table;
use crate::findings::Batch;
use crate::gate::percent;
use crate::settings::Settings;
use crate::statement;
use crate::verdict::{CheckResult, CheckStatus};

const GUARD_PRICE_SHIFT: Sql = common::sql!("quality/guard_price_shift.sql");
const GUARD_DELETES: Sql = common::sql!("quality/guard_deletes.sql");

/// What a source says that it deleted: each row is an event, and an event that is not told of again
/// has not vanished.
const DELETES: &str = "deletes";

/// What a guard compared and how much of it moved.
struct Movement {
    rows_compared: u64,
    rows_moved: u64,
}

/// Runs the guards that the batch gives cause for.
pub(crate) async fn run(
    tx: &Transaction<'_>,
    batch: &Batch,
    tables: &[Table<'_>],
    settings: &Settings,
) -> anyhow::Result<Vec<CheckResult>> {
    let mut results = Vec::new();
    for table in tables.iter().filter(|table| !table.is_replayed) {
        let entity = table.entity;
        if entity.name == DELETES {
            results.extend(deleted(tx, batch, table, settings).await?);
        } else if table.is_whole && !entity.key.is_empty() {
            results.push(vanished(tx, batch, table, settings).await?);
        }
        if entity.name == volume::DATASET {
            results.push(volume::check(tx, batch, table, settings).await?);
        }
        if entity.name == "products" && table.rows_staged > 0 {
            results.push(price_shift(tx, batch, table, settings).await?);
        }
    }
    Ok(results)
}

/// An extract that is empty or was cut short closes nothing.
async fn vanished(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    settings: &Settings,
) -> anyhow::Result<CheckResult> {
    let entity = table.entity;
    let text = statement::vanished(batch, entity);
    let row = tx
        .query_one(&text, &[])
        .await
        .with_context(|| format!("failed to look for vanished rows of {}", entity.name))?;
    let limit = Limit::of_losses(settings);
    Ok(result(batch, table, "vanished", &movement(&row)?, limit))
}

/// Nor does a list of deletions that names a mass of rows.
async fn deleted(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    settings: &Settings,
) -> anyhow::Result<Vec<CheckResult>> {
    let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source];
    let rows = db::rows(tx, GUARD_DELETES, parameters).await?;
    let results = rows.iter().map(|row| {
        let entity: String = row.try_get("entity")?;
        let limit = Limit::of_losses(settings);
        let name = format!("mass_of_{entity}");
        Ok(result(batch, table, &name, &movement(row)?, limit))
    });
    results.collect()
}

async fn price_shift(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    settings: &Settings,
) -> anyhow::Result<CheckResult> {
    let factor = settings.price_shift_factor;
    let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source, &factor];
    let row = db::row(tx, GUARD_PRICE_SHIFT, parameters).await?;
    let limit = Limit {
        percent_max: settings.price_shift_percent_max,
        few_percent_max: None,
        rows_min: settings.guard_rows_min,
    };
    Ok(result(batch, table, "price_shift", &movement(&row)?, limit))
}

/// How much may move.
struct Limit {
    percent_max: f64,
    /// The same of fewer rows than `rows_min`; without it they are not judged.
    few_percent_max: Option<f64>,
    rows_min: u64,
}

impl Limit {
    fn of_losses(settings: &Settings) -> Self {
        Self {
            percent_max: settings.vanished_percent_max,
            few_percent_max: Some(settings.vanished_few_percent_max),
            rows_min: settings.guard_rows_min,
        }
    }

    /// None where there is too little to compare with.
    fn percent_of(&self, rows_compared: u64) -> Option<f64> {
        if rows_compared == 0 {
            None
        } else if rows_compared < self.rows_min {
            self.few_percent_max
        } else {
            Some(self.percent_max)
        }
    }
}

fn movement(row: &Row) -> anyhow::Result<Movement> {
    let count = |index: usize| -> anyhow::Result<u64> {
        let count: i64 = row.try_get(index).context("a guard returned no count")?;
        u64::try_from(count).context("a guard returned a negative count")
    };
    Ok(Movement {
        rows_compared: count(0)?,
        rows_moved: count(1)?,
    })
}

fn result(
    batch: &Batch,
    table: &Table<'_>,
    name: &str,
    movement: &Movement,
    limit: Limit,
) -> CheckResult {
    let moved_percent = percent(movement.rows_moved, movement.rows_compared);
    let percent_max = limit.percent_of(movement.rows_compared);
    let status = match percent_max {
        None => CheckStatus::Skip,
        Some(percent_max) if moved_percent > percent_max => CheckStatus::Fail,
        Some(_) => CheckStatus::Pass,
    };
    let percent_max = percent_max.unwrap_or(limit.percent_max);
    let outcome = Outcome {
        status,
        element_count: movement.rows_compared,
        unexpected_count: movement.rows_moved,
        expected: format!("<= {percent_max} %"),
        actual: format!("{} rows ({moved_percent:.3} %)", movement.rows_moved),
    };
    outcome.into_result(batch, table, name)
}

/// What a guard found, in what it compared.
struct Outcome {
    status: CheckStatus,
    element_count: u64,
    unexpected_count: u64,
    expected: String,
    actual: String,
}

impl Outcome {
    fn into_result(self, batch: &Batch, table: &Table<'_>, name: &str) -> CheckResult {
        CheckResult {
            check_id: format!("{}.{name}", table.entity.name),
            source: batch.source.clone(),
            contract: table.entity.contract.clone(),
            assertion: Assertion::Guard.name().to_owned(),
            dataset: format!("staging.{}", table.entity.name),
            column: None,
            dimension: Dimension::Accuracy.name().to_owned(),
            severity: Severity::Critical.report_name().to_owned(),
            status: self.status,
            success: self.status != CheckStatus::Fail,
            element_count: self.element_count,
            missing_count: None,
            unexpected_count: self.unexpected_count,
            unexpected_percent: percent(self.unexpected_count, self.element_count),
            expected: self.expected,
            actual: self.actual,
            content: None,
            content_type: None,
            partial_unexpected_index_list: Vec::new(),
            quarantined_rows: 0,
            execution_time: 0.0,
            overridden: false,
        }
    }
}
