//! What a parser hands over: chunks of rows, rejects, and a count of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

/// Where whole rows, in binary COPY format without header and trailer, and rejects go.
#[derive(Debug)]
pub(crate) struct Output {
    /// Takes rows.
    pub chunks: mpsc::Sender<Bytes>,
    /// Takes records that are no rows.
    pub rejects: mpsc::Sender<Vec<Reject>>,
    /// Set when another part of the load failed.
    pub is_given_up: Arc<AtomicBool>,
}

/// A record that is no row.
#[derive(Debug)]
pub(crate) struct Reject {
    /// Number of the record in the file, from 1.
    pub record_number: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Where in the record the fault is; absent where all of it is at fault.
    pub place: Option<Place>,
    /// Name of the rule.
    pub rule: String,
    /// Of a record with too few or too many fields: how many.
    pub field_counts: Option<FieldCounts>,
    /// The record's bytes, in UTF-8 where they are text.
    pub raw: Vec<u8>,
}

/// A place in a record.
#[derive(Debug)]
pub(crate) struct Place {
    /// Number of the field, from 1.
    pub column_number: usize,
    /// Name of the column, where the header has one.
    pub column: Option<String>,
    /// Line of the file on which the field begins, from 1.
    pub line: u64,
}

/// Fields of a record that are not as many as the header's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldCounts {
    /// Fields that it has.
    pub found: usize,
    /// Fields that the header has.
    pub expected: usize,
}

/// What a file held.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Records beside the header.
    pub read: u64,
    /// Records that became rows.
    pub loaded: u64,
    /// Records that did not.
    pub rejected: u64,
    /// Local times that a change of the clock skipped.
    pub moved_out_of_gap: u64,
}

impl Output {
    /// Waits while the server is behind.
    pub(crate) fn send_rows(&self, rows: Bytes) -> anyhow::Result<()> {
        self.check()?;
        // The other side is gone only after an error of its own, which is the one to report.
        self.chunks.blocking_send(rows).map_err(|_| GivenUp.into())
    }

    /// Waits while the server is behind.
    pub(crate) fn send_rejects(&self, rejects: Vec<Reject>) -> anyhow::Result<()> {
        self.check()?;
        self.rejects
            .blocking_send(rejects)
            .map_err(|_| GivenUp.into())
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.is_given_up.load(Ordering::Relaxed) {
            return Err(GivenUp.into());
        }
        Ok(())
    }
}

/// A load ends because another part of it failed.
#[derive(Debug)]
pub(crate) struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the load was given up")
    }
}

impl std::error::Error for GivenUp {}
