//! One file into chunks of rows and rejects, on a thread of its own.

use anyhow::Context as _;
use common::{Failure, progress};

use crate::files;
use crate::lineage::Lineage;
use crate::output::{Counts, Output};
use crate::plan::Planned;
use crate::read::{Record, RecordReader};
use crate::rows::Rows;
use crate::settings::Settings;
use crate::source::DriftedTypes;

/// The bar moves when so much of the file was read.
const PROGRESS_BYTES: u64 = 1024 * 1024;

/// A file that is to be read.
#[derive(Debug)]
pub(crate) struct FileParser {
    /// The file, and what its header means.
    pub planned: Planned,
    /// Limits.
    pub settings: Settings,
    /// What a value of another type leads to.
    pub drifted_types: DriftedTypes,
    /// What every row carries.
    pub lineage: Lineage,
    /// Where it shows how far it is.
    pub bar: progress::Bar,
}

impl FileParser {
    /// Reads the whole file and sends what it holds.
    ///
    /// # Errors
    /// Exit code 2: header, quotes, limits or manifest; 3: the file changed while it was read.
    pub(crate) fn run(&self, output: &Output) -> anyhow::Result<Counts> {
        let path = &self.planned.file.path;
        self.try_run(output)
            .with_context(|| format!("failed to load `{}`", path.display()))
    }

    fn try_run(&self, output: &Output) -> anyhow::Result<Counts> {
        let Planned {
            file,
            table,
            header,
            matched,
            ..
        } = &self.planned;
        let mut reader = RecordReader::open(&file.path, table, &self.settings.limits())?;
        if reader.header()?.as_ref() != Some(header) {
            return Err(files::changed());
        }
        let mut rows = Rows::new(
            matched.columns.clone(),
            header,
            &self.lineage,
            self.drifted_types,
            output,
        );
        let mut record = Record::default();
        let mut seen = (0, 0);
        while reader.read(&mut record)? {
            rows.add(&record)?;
            if reader.bytes_read() - seen.0 > PROGRESS_BYTES {
                seen = self.show(seen, (reader.bytes_read(), record.number));
            }
        }
        self.show(seen, (reader.bytes_read(), record.number));
        let counts = rows.finish()?;
        self.planned.check_keys(&reader)?;
        self.check_end(reader, counts)?;
        Ok(counts)
    }

    /// Moves the bar from bytes and rows that it knows to those of now.
    fn show(&self, seen: (u64, u64), now: (u64, u64)) -> (u64, u64) {
        self.bar.add_rows(now.0 - seen.0, now.1 - seen.1);
        now
    }

    /// Whether the file was whole, and is still the one that the run began with.
    fn check_end(&self, reader: RecordReader, counts: Counts) -> anyhow::Result<()> {
        let file = &self.planned.file;
        if file.must_end_with_line_break && reader.ends_open() {
            return Err(Failure::usage(
                "it ends without a line break, so it may be cut off; deliver the whole file, or, if \
                 the source always writes it so, set last_line_is_open = true for its table",
            )
            .into());
        }
        file.check_content(&reader.finish()?)?;
        file.check_rows(counts.read)
    }
}
