//! One file's rows and rejects into the database, by COPY in one transaction.

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use common::{Failure, Sql, StageContext, db};
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use tokio::sync::mpsc;
use tokio_postgres::CopyInSink;

use crate::parse::{Counts, Event, FileParser, Reject};
use crate::sqltext::identifier;

const QUARANTINE: Sql = common::sql!("stage/insert_quarantine.sql");

/// Chunks that may wait between the parser and the server.
const CHUNKS_IN_FLIGHT: usize = 4;
/// Signature, flags and header extension of the binary COPY format (PostgreSQL manual, COPY).
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Where the rows go.
#[derive(Debug)]
pub(crate) struct Target {
    /// Schema of the table.
    pub schema: &'static str,
    /// The table.
    pub table: String,
    /// Its columns, in the order of the parser's values.
    pub columns: Vec<String>,
}

impl Target {
    /// `schema.table`.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    fn copy_statement(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|it| identifier(it)).collect();
        format!(
            "copy {}.{} ({}) from stdin with (format binary)",
            self.schema,
            identifier(&self.table),
            columns.join(", ")
        )
    }
}

/// Loads one file; parsing and the server's work overlap.
///
/// # Errors
/// The parser's or the server's, whichever came first.
pub(crate) async fn load_file(
    ctx: &StageContext,
    tx: &Transaction<'_>,
    parser: FileParser,
    target: &Target,
    batch_id: i64,
) -> anyhow::Result<Counts> {
    let (sender, mut events) = mpsc::channel(CHUNKS_IN_FLIGHT);
    let dataset = parser
        .table
        .entity
        .clone()
        .unwrap_or_else(|| target.table.clone());
    let quarantine = Quarantine {
        ctx,
        batch_id,
        source: parser.source.name.clone(),
        dataset,
        file: parser.file.relative.clone(),
    };
    let parsing = tokio::task::spawn_blocking(move || parser.run(&sender));
    let written = write_events(tx, &mut events, target, &quarantine).await;
    drop(events);
    let parsed = parsing.await.context("the parser stopped")?;
    written?;
    parsed
}

async fn write_events(
    tx: &Transaction<'_>,
    events: &mut mpsc::Receiver<Event>,
    target: &Target,
    quarantine: &Quarantine<'_>,
) -> anyhow::Result<()> {
    let mut sink = None;
    while let Some(event) = events.recv().await {
        match event {
            Event::Rows(rows) => {
                if sink.is_none() {
                    sink = Some(begin_copy(tx, target).await?);
                }
                if let Some(sink) = &mut sink {
                    sink.send(rows).await.with_context(|| failed(target))?;
                }
            }
            // One connection copies or inserts, never both at once.
            Event::Rejects(rejects) => {
                if let Some(sink) = sink.take() {
                    end_copy(sink, target).await?;
                }
                quarantine.insert(tx, &rejects).await?;
            }
        }
    }
    match sink {
        Some(sink) => end_copy(sink, target).await,
        None => Ok(()),
    }
}

type Sink = std::pin::Pin<Box<CopyInSink<Bytes>>>;

async fn begin_copy(tx: &Transaction<'_>, target: &Target) -> anyhow::Result<Sink> {
    let sink = tx
        .copy_in(&target.copy_statement())
        .await
        .with_context(|| failed(target))?;
    let mut sink = Box::pin(sink);
    sink.send(Bytes::from_static(COPY_HEADER))
        .await
        .with_context(|| failed(target))?;
    Ok(sink)
}

async fn end_copy(mut sink: Sink, target: &Target) -> anyhow::Result<()> {
    let mut trailer = BytesMut::with_capacity(2);
    trailer.put_i16(-1);
    sink.send(trailer.freeze())
        .await
        .with_context(|| failed(target))?;
    sink.as_mut()
        .finish()
        .await
        .with_context(|| failed(target))?;
    Ok(())
}

fn failed(target: &Target) -> String {
    format!("failed to copy rows into {}", target.name())
}

/// Where rejects are written.
struct Quarantine<'a> {
    ctx: &'a StageContext,
    batch_id: i64,
    source: String,
    dataset: String,
    file: String,
}

impl Quarantine<'_> {
    /// One statement for up to a thousand rejects.
    async fn insert(&self, tx: &Transaction<'_>, rejects: &[Reject]) -> anyhow::Result<()> {
        let lines: Vec<i64> = rejects.iter().map(|it| db::bigint(it.line)).collect();
        let numbers: Vec<i64> = rejects
            .iter()
            .map(|it| db::bigint(it.record_number))
            .collect();
        let rules: Vec<&str> = rejects.iter().map(|it| it.rule.as_str()).collect();
        let raws: Vec<&[u8]> = rejects.iter().map(|it| it.raw.as_slice()).collect();
        let payloads: Vec<serde_json::Value> = rejects.iter().map(payload).collect();
        let written = db::count(
            tx,
            QUARANTINE,
            &[
                &self.batch_id,
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
        .await?;
        if written == rejects.len() as u64 {
            return Ok(());
        }
        Err(Failure::permanent("quarantine took fewer rows than it was given").into())
    }
}

/// Where in the record the fault is; never its value.
fn payload(reject: &Reject) -> serde_json::Value {
    match &reject.column {
        Some((position, name)) => serde_json::json!({ "column": name, "column_number": position }),
        None => serde_json::json!({}),
    }
}
