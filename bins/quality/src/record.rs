//! Writes a verdict down: quarantine, results, the run, the batch, the audit log.

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Transaction;

use crate::check::{Entity, Severity};
use crate::faults::{Found, Table};
use crate::findings::Batch;
use crate::gate;
use crate::judge::Bench;
use crate::quarantine::enter;
use crate::verdict::{BatchVerdict, CheckResult};

const INSERT_CHECK_RESULTS: Sql = common::sql!("quality/insert_check_results.sql");
const INSERT_QUALITY_RUN: Sql = common::sql!("quality/insert_quality_run.sql");
const UPDATE_BATCH: Sql = common::sql!("quality/update_batch.sql");
const INSERT_AUDIT: Sql = common::sql!("quality/insert_audit.sql");

/// What the audit log calls it.
const ACCEPT_GATE: &str = "accept_gate";

pub(crate) async fn write(
    tx: &Transaction<'_>,
    bench: &Bench<'_>,
    batch: &Batch,
    tables: &[Table<'_>],
    found: &Found,
    verdict: &BatchVerdict,
) -> anyhow::Result<()> {
    for (table, counted) in tables.iter().zip(&verdict.tables) {
        // A dataset that is bad beyond its limit is mended at its source, not drained row by row.
        let is_mended_elsewhere =
            verdict.gate.is_closed() && gate::drained_too_much(counted, bench.settings);
        let rows_held =
            counted.rows_quarantined + counted.rows_consequence + counted.rows_superseded;
        if rows_held > 0 && !is_mended_elsewhere {
            quarantine(tx, bench, batch, table.entity).await?;
            if found.repeated.contains(&table.entity.name) {
                close_outdone(tx, batch, table.entity).await?;
            }
        }
    }
    write_results(tx, batch, &verdict.results).await?;
    write_run(tx, bench, verdict).await?;
    if let Some(reason) = &verdict.gate.accepted_because {
        let subject = format!("batch {} ({})", batch.batch_id, batch.source);
        let ctx = bench.ctx;
        let parameters: db::Parameters<'_> =
            &[&ctx.run_id, &ctx.started_at, &ACCEPT_GATE, &subject, reason];
        db::execute(tx, INSERT_AUDIT, parameters).await?;
    }
    Ok(())
}

async fn quarantine(
    tx: &Transaction<'_>,
    bench: &Bench<'_>,
    batch: &Batch,
    entity: &Entity,
) -> anyhow::Result<()> {
    tx.query_one(&enter::enter(batch, entity), &[&bench.ctx.started_at])
        .await
        .with_context(|| format!("failed to quarantine rows of {}", entity.name))?;
    Ok(())
}

async fn close_outdone(tx: &Transaction<'_>, batch: &Batch, entity: &Entity) -> anyhow::Result<()> {
    tx.query_one(&enter::close_outdone(batch, entity), &[])
        .await
        .with_context(|| format!("failed to compare quarantined rows of {}", entity.name))?;
    Ok(())
}

async fn write_results(
    tx: &Transaction<'_>,
    batch: &Batch,
    results: &[CheckResult],
) -> anyhow::Result<()> {
    let texts =
        |part: fn(&CheckResult) -> &str| -> Vec<&str> { results.iter().map(part).collect() };
    let counts = |part: fn(&CheckResult) -> u64| -> Vec<i64> {
        results
            .iter()
            .map(|result| i64::try_from(part(result)).unwrap_or(i64::MAX))
            .collect()
    };
    let columns: Vec<Option<&str>> = results.iter().map(|it| it.column.as_deref()).collect();
    let durations: Vec<f64> = results
        .iter()
        .map(|it| it.execution_time * 1_000.0)
        .collect();
    let written = db::count(
        tx,
        INSERT_CHECK_RESULTS,
        &[
            &batch.batch_id,
            &texts(|it| &it.check_id),
            &texts(|it| it.dataset.trim_start_matches("staging.")),
            &columns,
            &texts(|it| &it.assertion),
            &texts(|it| &it.dimension),
            &texts(|it| severity_name(&it.severity)),
            &texts(|it| it.status.name()),
            &counts(|it| it.element_count),
            &counts(|it| it.unexpected_count),
            &durations,
        ],
    )
    .await?;
    anyhow::ensure!(
        written == results.len() as u64,
        "not every check result was written"
    );
    Ok(())
}

/// Tables write the severity out; reports write `warn`.
fn severity_name(report_name: &str) -> &str {
    if report_name == Severity::Warning.report_name() {
        Severity::Warning.name()
    } else {
        report_name
    }
}

async fn write_run(
    tx: &Transaction<'_>,
    bench: &Bench<'_>,
    verdict: &BatchVerdict,
) -> anyhow::Result<()> {
    let started_at = bench.ctx.started_at;
    let report = serde_json::to_value(verdict).context("failed to serialize a verdict")?;
    let gate = &verdict.gate;
    db::execute(
        tx,
        INSERT_QUALITY_RUN,
        &[
            &verdict.batch_id,
            &verdict.source,
            &started_at,
            &verdict.score,
            &verdict.grade,
            &gate.decision.name(),
            &gate.blocking_failures,
            &report,
        ],
    )
    .await?;
    let state = if gate.is_closed() {
        "blocked"
    } else {
        "passed"
    };
    db::execute(tx, UPDATE_BATCH, &[&verdict.batch_id, &state, &started_at]).await?;
    Ok(())
}
