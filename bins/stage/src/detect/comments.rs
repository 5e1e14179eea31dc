//! Lines that begin as comments do: what is passed over, and what is a record all the same.

use crate::read::{Record, RecordReader};

use super::oddities::{Oddities, Oddity};
use super::profile::Way;

/// Looks at all lines of the file that begin with the prefix; the way's table knows no comments,
/// and takes each line for a record. `None`: one of them has as many fields as a record, so they
/// are no comments.
pub(crate) fn comments(way: &Way<'_>, prefix: &str, width: usize) -> Option<Oddities> {
    let mut found = Oddities::default();
    let mut record = Record::default();
    let mut count = 0;
    let mut reader = RecordReader::open(way.path, way.table, way.limits).ok()?;
    reader.header().ok()?;
    // A file that is refused is looked at as far as it goes; the look at its records tells why.
    while count < way.records_max && matches!(reader.read(&mut record), Ok(true)) {
        count += 1;
        if !record.raw().starts_with(prefix.as_bytes()) {
            continue;
        }
        if record.len() == width {
            return None;
        }
        found.add(Oddity::Comment, record.line);
    }
    (found.count(Oddity::Comment) > 0).then_some(found)
}
