//! What happens to an order, and what is known of it at a moment.

use crate::orders::Order;
use crate::time::Moment;

/// How an order ends, if there is time enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    Cancelled,
    Unpaid,
    Returned,
    /// One line comes back, or some units of it: its position, and the units.
    PartlyReturned {
        line: u8,
        quantity: u32,
    },
}

impl Order {
    /// When its header changes, in order.
    pub(crate) fn changes(&self) -> [Moment; 5] {
        let mut moments = [
            self.placed,
            self.paid,
            self.shipped,
            self.delivered,
            self.closed,
        ];
        moments.sort_unstable();
        moments
    }

    /// When its lines change: a line that comes back is a line more.
    pub(crate) fn line_changes(&self) -> [Moment; 2] {
        [
            self.placed,
            if matches!(self.ending, Ending::PartlyReturned { .. }) {
                self.closed
            } else {
                Moment::NEVER
            },
        ]
    }

    /// The last change that is known at that moment.
    pub(crate) fn updated_at(&self, known: Moment) -> Moment {
        let changes = self.changes();
        let last = changes.into_iter().rev().find(|change| *change <= known);
        last.unwrap_or(self.placed)
    }

    pub(crate) fn status(&self, known: Moment) -> &'static str {
        if self.closed <= known {
            match self.ending {
                Ending::Cancelled => return "cancelled",
                Ending::Unpaid => return "unpaid",
                Ending::Returned => return "returned",
                Ending::Completed | Ending::PartlyReturned { .. } => {}
            }
        }
        if self.delivered <= known {
            "completed"
        } else if self.shipped <= known {
            "shipped"
        } else if self.paid <= known && self.ending != Ending::Unpaid {
            "paid"
        } else {
            "pending"
        }
    }

    /// The line that has come back by then, and the units.
    pub(crate) fn returned_line(&self, known: Moment) -> Option<(usize, u32)> {
        match self.ending {
            Ending::PartlyReturned { line, quantity } if self.closed <= known => {
                Some((usize::from(line), quantity))
            }
            _ => None,
        }
    }

    /// Whether all that was paid goes back when the order is closed.
    pub(crate) fn is_refunded(&self) -> bool {
        match self.ending {
            Ending::Cancelled => self.paid <= self.closed,
            Ending::Returned => true,
            Ending::Completed | Ending::Unpaid | Ending::PartlyReturned { .. } => false,
        }
    }
}
