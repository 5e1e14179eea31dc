//! From rows to files: which delivery a row belongs to, its text, and the files in the making.

mod chunk;
mod delivery;
mod files;
mod packing;
mod releases;
mod sheet;

pub(crate) use chunk::{Chunk, Part};
pub(crate) use delivery::{Delivery, FAULTS_FILE};
pub(crate) use files::File;
pub(crate) use releases::Releases;
pub(crate) use sheet::{Sheet, push_number};
