//! The Pollock benchmark of polluted CSV files, each through `stage` in its default strict mode.
//!
//! In: the folder with `csv/`, `clean/` and `parameters/`, or the archive of it. Out: one verdict
//! per file. A file is loaded equal to its clean twin, or loaded but for the lines that are really
//! broken, or refused; anything else is wrong.
//!
//! G. Vitagliano et al., Pollock: A Data Loading Benchmark, PVLDB 16(8), 2023.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

mod corpus;
mod dialect;
mod judge;
mod page;

pub use corpus::{Corpus, Sample};
pub use dialect::Parameters;
pub use judge::{Judgement, Verdict};
pub use page::Page;

use crate::trial::{Delivery, Outcome, Trial};

/// Files that are tried at the same time, each worker in a database of its own.
const WORKERS: usize = 2;
/// Where the project's own machines have the archive, below the workspace.
pub const DEFAULT_ARCHIVE: &str = "../shared/data/csv/pollock.tar.xz";
/// The page that a run writes, below the workspace.
pub const PAGE: &str = "docs/POLLOCK.md";
const SOURCE: &str = "pollock";
const TABLE: &str = "polluted";

/// Tries every file and judges what became of it; in order of the names.
///
/// # Errors
/// When a file of the corpus cannot be read, or stage fails with anything but a refusal.
pub async fn try_all(corpus: &Corpus) -> anyhow::Result<Vec<Judgement>> {
    let names = Arc::new(Mutex::new(VecDeque::from(corpus.names()?)));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| tokio::spawn(try_some(corpus.clone(), Arc::clone(&names))))
        .collect();
    let mut judgements = Vec::new();
    for worker in workers {
        judgements.extend(worker.await.context("a worker stopped")??);
    }
    judgements.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(judgements)
}

async fn try_some(
    corpus: Corpus,
    names: Arc<Mutex<VecDeque<String>>>,
) -> anyhow::Result<Vec<Judgement>> {
    let trial = Trial::new().await;
    let mut judgements = Vec::new();
    loop {
        let name = names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(name) = name else {
            return Ok(judgements);
        };
        let sample = corpus.sample(&name)?;
        let judgement = try_one(&trial, &sample)
            .await
            .with_context(|| format!("failed to try `{name}`"))?;
        judgements.push(judgement);
    }
}

async fn try_one(trial: &Trial, sample: &Sample) -> anyhow::Result<Judgement> {
    let delivery = Delivery {
        source: SOURCE.to_owned(),
        tables: sample.declaration(TABLE),
        files: vec![(sample.name.clone(), sample.bytes.clone())],
    };
    let outcome = trial.run(&delivery).await?;
    let rows = match &outcome {
        Outcome::Refused(_) => Vec::new(),
        Outcome::Read { .. } => trial.rows(SOURCE, TABLE, &sample.columns).await?,
    };
    Ok(judge::judge(sample, &outcome, &rows))
}
