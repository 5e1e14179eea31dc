//! Rows in PostgreSQL's binary COPY format into one table, over a connection of their own.
//!
//! Invariant: a stream's rows are committed together, and only after the server told how many it
//! took.

use anyhow::Context as _;
use bytes::Bytes;
use common::StageContext;
use deadpool_postgres::{Object, Transaction};
use futures_util::SinkExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::CopyInSink;

use crate::sqltext::identifier;

/// Signature, flags and header extension of the binary COPY format (PostgreSQL manual, COPY).
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What ends it.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Where the rows go.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its columns, in the order of the rows' values.
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
            identifier(&self.schema),
            identifier(&self.table),
            columns.join(", ")
        )
    }
}

/// Chunks of whole rows that several streams take from one parser.
pub(crate) type Chunks = Mutex<mpsc::Receiver<Bytes>>;

/// Takes chunks until there are no more, and commits them. A stream that gets none never connects.
/// Returns the rows that the server took.
///
/// # Errors
/// As the server says; none of the stream's rows is then kept.
pub(crate) async fn copy_chunks(
    ctx: &StageContext,
    chunks: &Chunks,
    target: &Target,
) -> anyhow::Result<u64> {
    let Some(first) = next(chunks).await else {
        return Ok(0);
    };
    let mut client = ctx.client().await?;
    let copied = copy_in_transaction(&mut client, first, chunks, target).await;
    copied.map_err(|error| {
        // A COPY that the server refuses leaves its connection out of step.
        drop(Object::take(client));
        error.context(format!("failed to copy rows into {}", target.name()))
    })
}

async fn next(chunks: &Chunks) -> Option<Bytes> {
    chunks.lock().await.recv().await
}

async fn copy_in_transaction(
    client: &mut Object,
    first: Bytes,
    chunks: &Chunks,
    target: &Target,
) -> anyhow::Result<u64> {
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    let mut sink = begin(&tx, target).await?;
    sink.send(first).await?;
    while let Some(chunk) = next(chunks).await {
        sink.send(chunk).await?;
    }
    sink.send(Bytes::from_static(&TRAILER)).await?;
    let row_count = sink.as_mut().finish().await?;
    drop(sink);
    tx.commit().await.context("failed to commit")?;
    Ok(row_count)
}

type Sink = std::pin::Pin<Box<CopyInSink<Bytes>>>;

async fn begin(tx: &Transaction<'_>, target: &Target) -> anyhow::Result<Sink> {
    let mut sink = Box::pin(tx.copy_in(&target.copy_statement()).await?);
    sink.send(Bytes::from_static(HEADER)).await?;
    Ok(sink)
}
