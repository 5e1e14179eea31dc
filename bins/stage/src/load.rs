//! Files into tables: one parser a file, several COPY streams, rejects beside them.
//!
//! Invariant: what the parser read is what the server took and what quarantine took, or the load
//! fails. Each stream commits on its own; until the batch is finished nobody looks at its rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use common::{Failure, Sql, StageContext, Step, db};
use deadpool_postgres::Object;
use futures_util::{StreamExt as _, future, stream};
use tokio::sync::{Mutex, mpsc};

use crate::copy::{self, Target};
use crate::output::{Counts, GivenUp, Output, Reject};
use crate::parse::FileParser;

const QUARANTINE: Sql = common::sql!("stage/insert_quarantine.sql");

/// Chunks that may wait between the parser and the server, for each stream.
const CHUNKS_IN_FLIGHT: usize = 3;
/// Lists of rejects that may wait.
const REJECTS_IN_FLIGHT: usize = 1;
/// A file from this size on is copied over all streams, alone; smaller ones share them.
const SPLIT_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// A file and where its rows go.
#[derive(Debug)]
pub(crate) struct Job {
    /// Reads the file.
    pub parser: FileParser,
    /// Takes its rows.
    pub target: Target,
    /// The source's name, which its rejects are listed under.
    pub source: String,
    /// The table or entity that its rejects are listed under.
    pub dataset: String,
}

/// A file that was read to its end.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Its line of the report, without rows yet.
    pub step: Step,
    /// What it held.
    pub counts: Counts,
}

/// Loads all files over `stream_count` connections, the large ones first. Returns what became
/// of each job, in the order of the jobs. Rejects are listed under the batch; without one the first
/// of them is an error.
///
/// # Errors
/// The first one of a job. All connections have then come to rest: what they committed stays, for
/// the caller to take back.
pub(crate) async fn load_files(
    ctx: &StageContext,
    batch_id: Option<i64>,
    jobs: Vec<Job>,
    stream_count: usize,
) -> anyhow::Result<Vec<Loaded>> {
    let is_given_up = Arc::new(AtomicBool::new(false));
    let (large, small): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .enumerate()
        .partition(|(_, job)| job.parser.planned.file.bytes >= SPLIT_BYTES_MIN);
    let mut loaded = Vec::new();
    for (jobs, at_once) in [(large, 1), (small, stream_count)] {
        let streams = stream_count / at_once;
        let running = stream::iter(jobs).map(async |(index, job)| {
            let outcome = load_file(ctx, batch_id, job, streams, &is_given_up).await;
            if outcome.is_err() {
                is_given_up.store(true, Ordering::Relaxed);
            }
            (index, outcome)
        });
        loaded.extend(running.buffer_unordered(at_once).collect::<Vec<_>>().await);
    }
    loaded.sort_by_key(|(index, _)| *index);
    blame(loaded.into_iter().map(|(_, outcome)| outcome).collect())
}

/// All files, or the error of the job that made the others give up.
fn blame(outcomes: Vec<anyhow::Result<Loaded>>) -> anyhow::Result<Vec<Loaded>> {
    let (mut loaded, mut first_error) = (Vec::new(), None);
    for outcome in outcomes {
        match outcome {
            Ok(file) => loaded.push(file),
            Err(error) => match &first_error {
                Some(first) if !anyhow::Error::is::<GivenUp>(first) => {}
                _ => first_error = Some(error),
            },
        }
    }
    first_error.map_or(Ok(loaded), Err)
}

/// One file: its parser on a thread, its streams and its quarantine beside it.
async fn load_file(
    ctx: &StageContext,
    batch_id: Option<i64>,
    job: Job,
    streams: usize,
    is_given_up: &Arc<AtomicBool>,
) -> anyhow::Result<Loaded> {
    if is_given_up.load(Ordering::Relaxed) {
        return Err(GivenUp.into());
    }
    let (chunk_sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT * streams);
    let (reject_sender, rejects) = mpsc::channel(REJECTS_IN_FLIGHT);
    let output = Output {
        chunks: chunk_sender,
        rejects: reject_sender,
        is_given_up: Arc::clone(is_given_up),
    };
    let Job {
        parser,
        target,
        source,
        dataset,
    } = job;
    let quarantine = Quarantine {
        ctx,
        batch_id,
        source,
        dataset,
        file: parser.planned.file.relative.clone(),
    };
    let step = Step::begin(format!("load {}", quarantine.file)).relation(target.name());
    let chunks = Mutex::new(chunks);
    let copying = future::join_all((0..streams).map(|_| async {
        let copied = copy::copy_chunks(ctx, &chunks, &target).await;
        if copied.is_err() {
            is_given_up.store(true, Ordering::Relaxed);
            // A parser that waits for a place among the chunks must hear of it too.
            chunks.lock().await.close();
        }
        copied
    }));
    let quarantining = async {
        let taken = quarantine.take(rejects).await;
        if taken.is_err() {
            is_given_up.store(true, Ordering::Relaxed);
        }
        taken
    };
    let parsing = tokio::task::spawn_blocking(move || parser.run(&output));
    // All three come to their end, also after an error: nothing is still on its way to the server.
    let (copied, quarantined, parsed) = future::join3(copying, quarantining, parsing).await;
    let row_count = copied.into_iter().sum::<anyhow::Result<u64>>();
    let parsed = parsed.context("the parser stopped")?;
    let (row_count, quarantined) = (row_count?, quarantined?);
    let counts = parsed?;
    let is_balanced = counts.read == counts.loaded + counts.rejected
        && counts.loaded == row_count
        && counts.rejected == quarantined;
    if is_balanced {
        let step = step.stop();
        return Ok(Loaded { step, counts });
    }
    Err(Failure::permanent(format!(
        "{} records of `{}` were read, but {row_count} were loaded and {quarantined} went to \
         quarantine; this is a defect of Bullion",
        counts.read, quarantine.file
    ))
    .into())
}

/// Where rejects are written, over a connection of their own.
struct Quarantine<'a> {
    ctx: &'a StageContext,
    /// Absent: no record may be rejected.
    batch_id: Option<i64>,
    source: String,
    dataset: String,
    file: String,
}

impl Quarantine<'_> {
    /// Writes what comes, each list for itself, and returns how many that were.
    async fn take(&self, mut rejects: mpsc::Receiver<Vec<Reject>>) -> anyhow::Result<u64> {
        let mut row_count = 0;
        while let Some(rejects) = rejects.recv().await {
            let Some(batch_id) = self.batch_id else {
                return Err(refuse(&rejects).into());
            };
            let client = self.ctx.client().await?;
            row_count += self.insert(&client, batch_id, &rejects).await?;
        }
        Ok(row_count)
    }

    async fn insert(
        &self,
        client: &Object,
        batch_id: i64,
        rejects: &[Reject],
    ) -> anyhow::Result<u64> {
        let lines: Vec<i64> = rejects.iter().map(|it| db::bigint(it.line)).collect();
        let numbers: Vec<i64> = rejects
            .iter()
            .map(|it| db::bigint(it.record_number))
            .collect();
        let rules: Vec<&str> = rejects.iter().map(|it| it.rule.as_str()).collect();
        let raws: Vec<&[u8]> = rejects.iter().map(|it| it.raw.as_slice()).collect();
        let payloads: Vec<serde_json::Value> = rejects.iter().map(payload).collect();
        db::count(
            client,
            QUARANTINE,
            &[
                &batch_id,
                &self.source,
                &self.dataset,
                &self.file,
                &self.ctx.started_at,
                &lines,
                &numbers,
                &rules,
                &raws,
                &payloads,
            ],
        )
        .await
    }
}

/// Where there is no quarantine.
fn refuse(rejects: &[Reject]) -> Failure {
    match rejects.first() {
        Some(it) => Failure::usage(format!(
            "line {}: {}; no record may be rejected here",
            it.line, it.rule
        )),
        None => Failure::permanent("an empty list of rejects; this is a defect of Bullion"),
    }
}

/// Where in the record the fault is; never its value.
fn payload(reject: &Reject) -> serde_json::Value {
    let mut payload = match &reject.place {
        Some(place) => serde_json::json!({
            "column": place.column,
            "column_number": place.column_number,
            "line": place.line,
        }),
        None => serde_json::json!({}),
    };
    if let Some(counts) = reject.field_counts {
        payload["fields"] = counts.found.into();
        payload["fields_expected"] = counts.expected.into();
    }
    payload
}
