//! What every row carries beside its own columns: where it came from.

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use common::db;

use crate::read::Record;
use crate::values::{self, Reason};

/// Values that every row of a file carries beside its own columns.
#[derive(Debug, Clone)]
pub(crate) enum Lineage {
    /// None: for a table that is not ours.
    Absent,
    /// File, line, record.
    Landing {
        /// The file's version.
        file_id: i64,
    },
    /// Source, batch, row, file, line, time of the load.
    Staging(Staged),
}

/// Values that a staged row carries.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    /// The file's version.
    pub file_id: i64,
    /// The source's name.
    pub source: String,
    /// The batch.
    pub batch_id: i64,
    /// `row_id` of the file's first row.
    pub first_row_id: i64,
    /// Start of the run.
    pub loaded_at: DateTime<Utc>,
}

impl Lineage {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Landing { .. } => 3,
            Self::Staging(_) => 6,
        }
    }

    /// Appends the values of one row; `row_index` counts the file's rows from 0.
    ///
    /// # Errors
    /// Never for the names and times of a run.
    pub(crate) fn write(
        &self,
        record: &Record,
        row_index: u64,
        buffer: &mut BytesMut,
    ) -> Result<(), Reason> {
        let line = db::bigint(record.line);
        match self {
            Self::Absent => Ok(()),
            Self::Landing { file_id } => {
                values::write_i64(*file_id, buffer);
                values::write_i64(line, buffer);
                values::write_i64(db::bigint(record.number), buffer);
                Ok(())
            }
            Self::Staging(staged) => {
                values::write_text(&staged.source, buffer)?;
                values::write_i64(staged.batch_id, buffer);
                values::write_i64(staged.first_row_id + db::bigint(row_index), buffer);
                values::write_i64(staged.file_id, buffer);
                values::write_i64(line, buffer);
                values::write_instant(staged.loaded_at, buffer)
            }
        }
    }
}
