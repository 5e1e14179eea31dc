//! Judges one batch, in one transaction: what an earlier, broken attempt left is removed first.

use std::collections::HashMap;

use anyhow::Context as _;
use common::{Failure, Sql, StageContext, db, report};
use deadpool_postgres::{Object, Transaction};
use serde_json::{Map, Value};
use tokio_postgres::Row;

use crate::contract::Overridden;
use crate::evaluate::{Evaluated, Facts, Failures};
use crate::faults::{Found, Search, Table};
use crate::findings::Batch;
use crate::gate::{self, Evidence};
use crate::settings::Settings;
use crate::verdict::{BatchVerdict, CheckResult, CheckStatus, Gate, TableVerdict};
use crate::{guard, record, score, statement};

const LIST_DATASETS: Sql = common::sql!("quality/list_datasets.sql");
const CLEAR_VERDICT: Sql = common::sql!("quality/clear_verdict.sql");
const COUNT_FAILURES: Sql = common::sql!("quality/count_failures.sql");
const RECORD_LEDGER: Sql = common::sql!("quality/record_ledger.sql");
const RECENT_SCORES: Sql = common::sql!("quality/recent_scores.sql");

/// A batch without a single row: nothing in it is wrong.
const SCORE_OF_NOTHING: f64 = 100.0;

/// Everything that a judgement depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) ctx: &'a StageContext,
    pub(crate) settings: &'a Settings,
    pub(crate) rules: &'a Overridden,
    pub(crate) accept_gate: Option<&'a str>,
}

impl Bench<'_> {
    /// Finds, counts, scores, decides and writes all of it down, or nothing.
    pub(crate) async fn judge(
        &self,
        client: &mut Object,
        batch: &Batch,
    ) -> anyhow::Result<BatchVerdict> {
        let tx = client
            .transaction()
            .await
            .context("failed to open a transaction")?;
        db::writer_lock(&tx).await?;
        db::count(&tx, CLEAR_VERDICT, &[&batch.batch_id]).await?;
        if !batch.is_replay && self.retry_due(&tx, batch).await? > 0 {
            // The files are not judged by rows of yesterday: what fails again leaves the batch.
            self.search(&tx, batch).await?;
            self.drop_refused(&tx, batch).await?;
            db::count(&tx, CLEAR_VERDICT, &[&batch.batch_id]).await?;
        }
        let verdict = self.conclude(&tx, batch).await?;
        if self.ctx.dry_run {
            tx.rollback().await.context("failed to roll back")?;
        } else {
            tx.commit().await.context("failed to commit the verdict")?;
        }
        Ok(verdict)
    }

    /// The verdict on what is staged, written down.
    pub(crate) async fn conclude(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
    ) -> anyhow::Result<BatchVerdict> {
        let (tables, found) = self.search(tx, batch).await?;
        let verdict = self.weigh(tx, batch, &tables, &found).await?;
        record::write(tx, self, batch, &tables, &found, &verdict).await?;
        self.note_same_keys(tx, batch).await?;
        Ok(verdict)
    }

    /// Everything that is wrong with what is staged, into `ops.rejections`.
    pub(crate) async fn search(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
    ) -> anyhow::Result<(Vec<Table<'_>>, Found)> {
        self.tune(tx).await?;
        let tables = self.tables(tx, batch).await?;
        let search = Search {
            tx,
            batch,
            tables: &tables,
        };
        let found = search.run().await?;
        Ok((tables, found))
    }

    /// Keys of millions of rows are grouped in memory where they fit. Every statement is compiled
    /// for one batch and runs once: to translate it into machine code takes longer than it saves.
    async fn tune(&self, tx: &Transaction<'_>) -> anyhow::Result<()> {
        let text = format!(
            "set local work_mem = '{}MB'; set local jit = off",
            self.settings.work_mem_mb
        );
        tx.batch_execute(&text)
            .await
            .context("failed to set the memory of sorts")
    }

    /// What the batch staged, parents first.
    async fn tables(&self, tx: &Transaction<'_>, batch: &Batch) -> anyhow::Result<Vec<Table<'_>>> {
        let mut staged: HashMap<String, Row> = HashMap::new();
        for row in db::rows(tx, LIST_DATASETS, &[&batch.batch_id]).await? {
            staged.insert(row.try_get(0)?, row);
        }
        let mut tables: Vec<Table<'_>> = Vec::new();
        for entity in &self.rules.contracts.entities {
            let Some(row) = staged.remove(&entity.name) else {
                continue;
            };
            let (rows_staged, rows_replayed) =
                (unsigned(row.try_get(1)?)?, unsigned(row.try_get(3)?)?);
            tables.push(Table {
                entity,
                rows_staged,
                is_whole: row.try_get(2)?,
                is_replayed: rows_replayed > 0 && rows_replayed == rows_staged,
            });
        }
        if let Some(name) = staged.keys().next() {
            let message = format!(
                "source `{}` brings `{name}`, which has no contract\n  hint: write \
                 config/contracts/{name}.odcs.yaml",
                batch.source
            );
            return Err(Failure::usage(message).into());
        }
        Ok(tables)
    }

    async fn weigh(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
        tables: &[Table<'_>],
        found: &Found,
    ) -> anyhow::Result<BatchVerdict> {
        let failures = count_failures(tx, batch).await?;
        let keys = failing_keys(tx, batch, tables, &failures).await?;
        let facts = Facts {
            source: &batch.source,
            found,
            failures: &failures,
            keys: &keys,
        };
        let evaluated: Vec<Evaluated> = tables.iter().map(|table| facts.evaluate(*table)).collect();
        let guards = guard::run(tx, batch, tables, self.settings).await?;
        let verdicts = table_verdicts(tx, batch, tables, &evaluated).await?;
        let score = overall(&verdicts);
        let mut blocking: Vec<String> = evaluated
            .iter()
            .flat_map(|table| table.blocking.clone())
            .collect();
        let tripped = guards
            .iter()
            .filter(|guard| guard.status == CheckStatus::Fail);
        blocking.extend(tripped.map(|guard| guard.check_id.clone()));
        let mut results: Vec<CheckResult> = evaluated
            .into_iter()
            .flat_map(|table| table.results)
            .collect();
        results.extend(guards);
        let gate = self
            .decide(tx, batch, blocking, &results, &verdicts, score)
            .await?;
        Ok(BatchVerdict {
            batch_id: batch.batch_id,
            source: batch.source.clone(),
            judged_at: report::iso(self.ctx.started_at),
            score,
            grade: score::grade(score).to_owned(),
            gate,
            overrides: self.rules.changes.clone(),
            tables: verdicts,
            results,
        })
    }

    async fn decide(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
        blocking_checks: Vec<String>,
        results: &[CheckResult],
        tables: &[TableVerdict],
        score: f64,
    ) -> anyhow::Result<Gate> {
        let runs = i64::from(self.settings.score_runs_min);
        let parameters: db::Parameters<'_> = &[&batch.source, &batch.batch_id, &runs];
        let rows = db::rows(tx, RECENT_SCORES, parameters).await?;
        let recent: Vec<f64> = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?;
        let evidence = Evidence {
            blocking_checks,
            statuses: results.iter().map(|result| result.status).collect(),
            tables,
            score,
            recent_scores: &recent,
        };
        Ok(gate::decide(evidence, self.settings, self.accept_gate))
    }
}

fn overall(tables: &[TableVerdict]) -> f64 {
    let parts = tables.iter().filter_map(|table| {
        table
            .score
            .as_ref()
            .map(|score| (score.score, f64::from(table.criticality)))
    });
    score::rounded(score::weighted_mean(parts).unwrap_or(SCORE_OF_NOTHING))
}

async fn count_failures(
    tx: &Transaction<'_>,
    batch: &Batch,
) -> anyhow::Result<HashMap<String, Failures>> {
    let mut failures = HashMap::new();
    for row in db::rows(tx, COUNT_FAILURES, &[&batch.batch_id]).await? {
        let counted = Failures {
            rows_failed: unsigned(row.try_get(1)?)?,
            rows_quarantined: unsigned(row.try_get(2)?)?,
        };
        failures.insert(row.try_get(0)?, counted);
    }
    Ok(failures)
}

/// Keys of rows that fail, by check.
async fn failing_keys(
    tx: &Transaction<'_>,
    batch: &Batch,
    tables: &[Table<'_>],
    failures: &HashMap<String, Failures>,
) -> anyhow::Result<HashMap<String, Vec<Map<String, Value>>>> {
    let mut keys: HashMap<String, Vec<Map<String, Value>>> = HashMap::new();
    for table in tables {
        let entity = table.entity;
        if !entity
            .checks
            .iter()
            .any(|check| failures.contains_key(&check.id))
        {
            continue;
        }
        let failed = || format!("failed to list the failing keys of {}", entity.name);
        let text = statement::first_failing_rows();
        let rows = tx
            .query(&text, &[&batch.batch_id, &entity.name])
            .await
            .with_context(failed)?;
        let failing: Vec<(String, i64)> = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<anyhow::Result<_>>()?;
        let row_ids: Vec<i64> = failing.iter().map(|(_, row_id)| *row_id).collect();
        let text = statement::keys_of_rows(batch, entity);
        let mut found: HashMap<i64, Value> = HashMap::new();
        for row in tx.query(&text, &[&row_ids]).await.with_context(failed)? {
            found.insert(row.try_get(0)?, row.try_get(1)?);
        }
        for (rule, row_id) in failing {
            if let Some(Value::Object(key)) = found.get(&row_id) {
                keys.entry(rule).or_default().push(key.clone());
            }
        }
    }
    Ok(keys)
}

async fn table_verdicts(
    tx: &Transaction<'_>,
    batch: &Batch,
    tables: &[Table<'_>],
    evaluated: &[Evaluated],
) -> anyhow::Result<Vec<TableVerdict>> {
    let rows = db::rows(tx, RECORD_LEDGER, &[&batch.batch_id]).await?;
    let mut counts: HashMap<String, [u64; 4]> = HashMap::new();
    for row in rows {
        let mut count = [0; 4];
        for (index, count) in count.iter_mut().enumerate() {
            *count = unsigned(row.try_get(index + 1)?)?;
        }
        counts.insert(row.try_get(0)?, count);
    }
    let verdicts = tables.iter().zip(evaluated).map(|(table, evaluated)| {
        let name = &table.entity.name;
        let [
            rows_quarantined,
            rows_consequence,
            rows_superseded,
            rows_warned,
        ] = counts.get(name).copied().unwrap_or_default();
        TableVerdict {
            dataset: name.clone(),
            criticality: table.entity.criticality,
            score: evaluated.score.clone(),
            rows_staged: table.rows_staged,
            rows_quarantined,
            rows_consequence,
            rows_superseded,
            rows_warned,
            execution_time: evaluated
                .results
                .iter()
                .map(|result| result.execution_time)
                .sum(),
        }
    });
    Ok(verdicts.collect())
}

/// Counts come as bigint.
pub(crate) fn unsigned(count: i64) -> anyhow::Result<u64> {
    u64::try_from(count).context("the database returned a negative count")
}
