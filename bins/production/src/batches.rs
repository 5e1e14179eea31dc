//! Which batches wait for publication.
//!
//! In: `ops.batches` and what staging holds. Out: the queue, those of one source in their order.

use std::fmt;

use anyhow::Context as _;
use common::{Failure, Sql, db, sql};
use deadpool_postgres::GenericClient;

const FIND_BATCHES: Sql = sql!("production/find_batches.sql");

/// One source in one run.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) id: i64,
    pub(crate) source: String,
}

impl fmt::Display for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "batch {} of `{}`", self.id, self.source)
    }
}

/// The batches that are not published, by what `quality` said.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) passed: Vec<Batch>,
    pub(crate) blocked: Vec<Batch>,
    unjudged: Vec<Batch>,
    /// Passed, but a later run has emptied staging since.
    pub(crate) gone: Vec<Batch>,
}

impl Queue {
    pub(crate) async fn load(client: &impl GenericClient) -> anyhow::Result<Self> {
        let mut queue = Self::default();
        for row in db::rows(client, FIND_BATCHES, &[]).await? {
            let batch = Batch {
                id: row.try_get("batch_id")?,
                source: row.try_get("source")?,
            };
            let state: String = row.try_get("state")?;
            let is_in_staging: bool = row.try_get("is_in_staging")?;
            queue.add(batch, &state, is_in_staging);
        }
        Ok(queue)
    }

    fn add(&mut self, batch: Batch, state: &str, is_in_staging: bool) {
        match (state, is_in_staging) {
            ("passed", true) => self.passed.push(batch),
            ("passed", false) => self.gone.push(batch),
            ("blocked", true) => self.blocked.push(batch),
            ("staged", true) => self.unjudged.push(batch),
            // Of an earlier run: nothing of it is left to publish.
            _ => {}
        }
    }

    /// Nothing is published as long as a batch was not judged.
    pub(crate) fn refuse_unjudged(&self) -> anyhow::Result<()> {
        let Some(batch) = self.unjudged.first() else {
            return Ok(());
        };
        Err(Failure::usage(format!(
            "{batch} was never judged, so nothing is published\nrun `quality` first"
        )))
        .context("failed to publish")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_batches_that_staging_holds_are_queued() {
        let mut queue = Queue::default();
        for (id, state, is_in_staging) in [
            (1, "passed", true),
            (2, "passed", false),
            (3, "blocked", true),
            (4, "blocked", false),
            (5, "staged", false),
        ] {
            let source = "shop".to_owned();
            queue.add(Batch { id, source }, state, is_in_staging);
        }
        let ids = |batches: &[Batch]| batches.iter().map(|batch| batch.id).collect::<Vec<_>>();
        assert_eq!(ids(&queue.passed), [1]);
        assert_eq!(ids(&queue.gone), [2]);
        assert_eq!(ids(&queue.blocked), [3]);
        assert!(queue.refuse_unjudged().is_ok());
    }

    #[test]
    fn a_batch_that_was_never_judged_is_refused() {
        let mut queue = Queue::default();
        let source = "shop".to_owned();
        queue.add(Batch { id: 7, source }, "staged", true);
        let error = queue.refuse_unjudged().expect_err("a refusal");
        assert!(format!("{error:#}").contains("batch 7 of `shop` was never judged"));
    }
}
