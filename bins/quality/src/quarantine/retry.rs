//! What waits in quarantine is tried again with every batch that may bring what it waited for.

use std::collections::HashMap;

use anyhow::Context as _;
use common::{Sql, db, sql};
use deadpool_postgres::Transaction;

use super::restage::{self, Reason};
use crate::check::Entity;
use crate::findings::Batch;
use crate::judge::{Bench, unsigned};

const CLEAR_TRIALS: Sql = sql!("quality/clear_trials.sql");
const COUNT_REPLAYED: Sql = sql!("quality/count_replayed.sql");
const LIST_OPEN_DATASETS: Sql = sql!("quality/list_open_datasets.sql");

/// Datasets with open entries, and what the batch brings of them.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// Whether the batch has all rows that there are: what it lacks is gone.
    is_whole: bool,
    is_staged: bool,
}

impl Bench<'_> {
    /// Stages what may have become right. An earlier judgement of the same batch is taken back
    /// first. Returns how many rows there are.
    pub(crate) async fn retry_due(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
    ) -> anyhow::Result<u64> {
        for row in db::rows(tx, COUNT_REPLAYED, &[&batch.batch_id]).await? {
            let dataset: String = row.try_get("dataset")?;
            if let Some(entity) = self.rules.contracts.entity(&dataset) {
                count(tx, &restage::withdraw(batch, entity), &dataset).await?;
            }
        }
        let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source];
        db::execute(tx, CLEAR_TRIALS, parameters).await?;
        let waiting = waiting(tx, batch).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        analyze(tx).await?;
        let mut rows = 0;
        for entity in self.entities_of(&waiting, |it| !it.is_whole) {
            if let Some(text) = restage::stage_again(batch, entity, Reason::Due) {
                let parameters: db::Parameters<'_> = &[&self.ctx.started_at];
                rows += stage_again(tx, entity, &text, parameters).await?;
            }
        }
        Ok(rows)
    }

    /// Stages the entries that a person asked for; returns how many of them there are.
    pub(crate) async fn retry_asked(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
        entries: &[i64],
    ) -> anyhow::Result<u64> {
        let mut rows = 0;
        for entity in &self.rules.contracts.entities {
            if let Some(text) = restage::stage_again(batch, entity, Reason::Asked) {
                let parameters: db::Parameters<'_> = &[&self.ctx.started_at, &entries];
                rows += stage_again(tx, entity, &text, parameters).await?;
            }
        }
        Ok(rows)
    }

    /// Takes out of the batch what was tried again and failed again; returns how many rows.
    pub(crate) async fn drop_refused(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
    ) -> anyhow::Result<u64> {
        let mut rows = 0;
        for entity in &self.rules.contracts.entities {
            let failed = || format!("failed to take back rows of {}", entity.name);
            let row = tx
                .query_one(
                    &restage::drop_refused(batch, entity),
                    &[&self.ctx.started_at],
                )
                .await
                .with_context(failed)?;
            rows += unsigned(row.try_get(0)?)?;
        }
        Ok(rows)
    }

    /// Notes which entries of earlier batches the batch has the keys of.
    pub(crate) async fn note_same_keys(
        &self,
        tx: &Transaction<'_>,
        batch: &Batch,
    ) -> anyhow::Result<()> {
        let waiting = waiting(tx, batch).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        analyze(tx).await?;
        for entity in self.entities_of(&waiting, |it| it.is_staged) {
            if !entity.key.is_empty() {
                let text = restage::note_same_keys(batch, entity);
                count(tx, &text, &entity.name).await?;
            }
        }
        Ok(())
    }

    /// Entities with open entries, parents first.
    fn entities_of<'w>(
        &'w self,
        waiting: &'w HashMap<String, Waiting>,
        is_wanted: impl Fn(&Waiting) -> bool + 'w,
    ) -> impl Iterator<Item = &'w Entity> {
        self.rules
            .contracts
            .entities
            .iter()
            .filter(move |entity| waiting.get(&entity.name).is_some_and(&is_wanted))
    }
}

async fn stage_again(
    tx: &Transaction<'_>,
    entity: &Entity,
    text: &str,
    parameters: db::Parameters<'_>,
) -> anyhow::Result<u64> {
    let failed = || format!("failed to stage rows of {} again", entity.name);
    let row = tx.query_one(text, parameters).await.with_context(failed)?;
    unsigned(row.try_get(0)?)
}

async fn waiting(tx: &Transaction<'_>, batch: &Batch) -> anyhow::Result<HashMap<String, Waiting>> {
    let mut datasets = HashMap::new();
    let parameters: db::Parameters<'_> = &[&batch.batch_id, &batch.source];
    for row in db::rows(tx, LIST_OPEN_DATASETS, parameters).await? {
        let waiting = Waiting {
            is_whole: row.try_get("is_whole")?,
            is_staged: row.try_get("is_staged")?,
        };
        datasets.insert(row.try_get("dataset")?, waiting);
    }
    Ok(datasets)
}

/// The planner must know how few entries there are before it joins staging with them.
async fn analyze(tx: &Transaction<'_>) -> anyhow::Result<()> {
    tx.batch_execute("analyze ops.quarantine")
        .await
        .context("failed to analyze ops.quarantine")
}

async fn count(tx: &Transaction<'_>, text: &str, dataset: &str) -> anyhow::Result<u64> {
    let failed = || format!("failed to look up {dataset} in quarantine");
    let row = tx.query_one(text, &[]).await.with_context(failed)?;
    unsigned(row.try_get(0)?)
}
