//! What one block of work adds to the files.

use crate::faults::{FaultPlan, Labels};
use crate::output::packing::pack;
use crate::output::{File, Sheet};
use crate::settings::Compression;

/// Rows for any of the files, of any of the deliveries.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    /// By delivery, then by file; made when their first row comes.
    sheets: Vec<Option<Box<Sheet>>>,
    faults: Option<&'a FaultPlan>,
    /// Tells it from all others that write into the same files.
    number: u64,
}

/// Text for the end of one file.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) release: usize,
    pub(crate) file: File,
    pub(crate) bytes: Vec<u8>,
    pub(crate) row_count: u64,
    pub(crate) labels: Labels,
}

impl<'a> Chunk<'a> {
    pub(crate) fn new(release_count: usize, faults: Option<&'a FaultPlan>, number: u64) -> Self {
        let mut sheets = Vec::new();
        sheets.resize_with(release_count * File::ALL.len(), || None);
        Self {
            sheets,
            faults,
            number,
        }
    }

    /// Where rows of that file go.
    pub(crate) fn sheet(&mut self, release: usize, file: File) -> &mut Sheet {
        self.sheets[release * File::ALL.len() + file as usize].get_or_insert_with(|| {
            let planter = self
                .faults
                .and_then(|plan| plan.planter(file, release, self.number));
            Box::new(Sheet::new(file, planter))
        })
    }

    /// The text of all files that have rows, packed.
    pub(crate) fn finish(self, compression: Compression) -> anyhow::Result<Vec<Part>> {
        let mut parts = Vec::new();
        for (position, sheet) in self.sheets.into_iter().enumerate() {
            let Some(sheet) = sheet else { continue };
            let row_count = sheet.row_count();
            let (text, labels) = sheet.finish()?;
            parts.push(Part {
                release: position / File::ALL.len(),
                file: File::ALL[position % File::ALL.len()],
                bytes: pack(text, compression)?,
                row_count,
                labels,
            });
        }
        Ok(parts)
    }
}
