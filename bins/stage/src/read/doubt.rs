//! Lines between broken quotes, of which nobody can say whether they are records.

use super::record::{Fault, Record};
use super::refusals;
use crate::source::{Swallowed, Table};

/// Lines that a quote may take into its field, as far as broken quotes above and below them tell.
const LINES_IN_DOUBT: u64 = 100;

/// The last records whose broken quotes may leave one open.
#[derive(Debug)]
pub(super) struct Doubt {
    may_refuse: bool,
    /// Line of the last of them; 0 for none.
    last: u64,
    /// Line of the last one before the lines next to each other that end with it; 0 for none.
    before: u64,
}

impl Doubt {
    pub(super) fn new(table: &Table) -> Self {
        Self {
            may_refuse: table.swallowed_lines == Swallowed::Refuse && table.quoted_line_breaks,
            last: 0,
            before: 0,
        }
    }

    /// Looks at a record that holds so many quotes.
    ///
    /// # Errors
    /// Exit code 2: it may close a quote that an earlier record left open.
    pub(super) fn look(&mut self, record: &Record, quotes: u64) -> anyhow::Result<()> {
        let Some(found) = record.fault.filter(|it| it.fault.breaks_quotes()) else {
            return Ok(());
        };
        let is_odd = !quotes.is_multiple_of(2);
        let has_neighbour = self.last + 1 == record.line;
        let open = if has_neighbour {
            self.before
        } else {
            self.last
        };
        let is_near = open > 0 && record.line - open <= LINES_IN_DOUBT;
        if self.may_refuse && is_odd && is_near {
            return Err(refusals::in_doubt(open, record.line));
        }
        // Only a field that begins with a quote can be open still: one inside a field opens nothing,
        // such as that of 5" nails.
        if found.fault == Fault::TextAfterQuote || has_neighbour {
            (self.before, self.last) = (open, record.line);
        }
        Ok(())
    }
}
