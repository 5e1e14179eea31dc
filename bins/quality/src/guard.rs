//! Guards against mass changes: they compare with production, look only at tables that this batch
//! brought, and cannot trip on a source without a history.

mod volume;

use std::collections::BTreeMap;

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

impl Movement {
    fn percent(&self) -> f64 {
        percent(self.rows_moved, self.rows_compared)
    }

    fn outcome(&self, status: CheckStatus, expected: String) -> Outcome {
        Outcome {
            status,
            element_count: self.rows_compared,
            unexpected_count: self.rows_moved,
            expected,
            actual: format!("{} rows ({:.3} %)", self.rows_moved, self.percent()),
        }
    }
}

/// Runs the guards that the batch gives cause for.
pub(crate) async fn run(
    tx: &Transaction<'_>,
    batch: &Batch,
    tables: &[Table<'_>],
    settings: &Settings,
) -> anyhow::Result<Vec<CheckResult>> {
    let mut results = Vec::new();
    let mut untold = BTreeMap::new();
    for table in tables.iter().filter(|table| !table.is_replayed) {
        let entity = table.entity;
        if entity.name != DELETES && table.is_whole && !entity.key.is_empty() {
            let (result, untold_rows) = vanished(tx, batch, table, settings).await?;
            results.push(result);
            untold.insert(entity.name.clone(), untold_rows);
        }
        if entity.name == volume::DATASET {
            results.push(volume::check(tx, batch, table, settings).await?);
        }
        if entity.name == "products" && table.rows_staged > 0 {
            results.push(price_shift(tx, batch, table, settings).await?);
        }
    }
    let told = |table: &&Table<'_>| !table.is_replayed && table.entity.name == DELETES;
    if let Some(table) = tables.iter().find(told) {
        results.extend(deleted(tx, batch, table, &untold, settings).await?);
    }
    Ok(results)
}

/// An extract that is empty or was cut short closes nothing. Also returns how many of the vanished
/// rows no deletion tells of.
async fn vanished(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    settings: &Settings,
) -> anyhow::Result<(CheckResult, u64)> {
    let entity = table.entity;
    let text = statement::vanished(batch, entity);
    let row = tx
        .query_one(&text, &[])
        .await
        .with_context(|| format!("failed to look for vanished rows of {}", entity.name))?;
    let result = losses(batch, table, "vanished", &movement(&row)?, settings);
    Ok((result, count(&row, 2)?))
}

/// Nor does a list of deletions that names a mass of rows, or that does so together with what
/// vanished from the same table.
async fn deleted(
    tx: &Transaction<'_>,
    batch: &Batch,
    table: &Table<'_>,
    untold: &BTreeMap<String, u64>,
    settings: &Settings,
) -> anyhow::Result<Vec<CheckResult>> {
    let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source];
    let rows = db::rows(tx, GUARD_DELETES, parameters).await?;
    let results = rows.iter().map(|row| {
        let entity: String = row.try_get("entity")?;
        let mut movement = movement(row)?;
        movement.rows_moved += untold.get(&entity).copied().unwrap_or(0);
        let name = format!("mass_of_{entity}");
        Ok(losses(batch, table, &name, &movement, settings))
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
    let movement = movement(&row)?;
    let percent_max = settings.price_shift_percent_max;
    let status = if movement.rows_compared < settings.guard_rows_min {
        CheckStatus::Skip
    } else if movement.percent() > percent_max {
        CheckStatus::Fail
    } else {
        CheckStatus::Pass
    };
    let outcome = movement.outcome(status, format!("<= {percent_max} %"));
    Ok(outcome.into_result(batch, table, "price_shift"))
}

/// Rows that a table of so many rows may lose: the percentage, or a few, yet of those never more
/// than half, since a table that is empty in the end was never meant to be.
fn losses_max(rows_compared: u64, settings: &Settings) -> u64 {
    let share = (rows_compared as f64 * settings.vanished_percent_max / 100.0) as u64;
    let few = settings.vanished_few_rows_max.min(rows_compared / 2);
    share.max(few)
}

fn losses(
    batch: &Batch,
    table: &Table<'_>,
    name: &str,
    movement: &Movement,
    settings: &Settings,
) -> CheckResult {
    let rows_max = losses_max(movement.rows_compared, settings);
    let status = if movement.rows_compared == 0 {
        CheckStatus::Skip
    } else if movement.rows_moved > rows_max {
        CheckStatus::Fail
    } else {
        CheckStatus::Pass
    };
    let outcome = movement.outcome(status, format!("<= {rows_max} rows"));
    outcome.into_result(batch, table, name)
}

fn count(row: &Row, index: usize) -> anyhow::Result<u64> {
    let count: i64 = row.try_get(index).context("a guard returned no count")?;
    u64::try_from(count).context("a guard returned a negative count")
}

fn movement(row: &Row) -> anyhow::Result<Movement> {
    Ok(Movement {
        rows_compared: count(row, 0)?,
        rows_moved: count(row, 1)?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_table_may_lose_two_rows_but_not_most_of_itself() {
        let settings = Settings::default();
        let of = |rows| losses_max(rows, &settings);
        assert_eq!([0, 1, 2, 3, 4, 15, 20].map(of), [0, 0, 1, 1, 2, 2, 2]);
        assert_eq!([59, 60, 100, 1000].map(of), [2, 3, 5, 50]);
    }
}
