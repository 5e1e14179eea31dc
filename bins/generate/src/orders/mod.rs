//! Orders: drafted block by block on any thread, sold from stock in the order of time, written block
//! by block on any thread.
//!
//! Architecture invariant: a header's total is the sum of its lines as written, by construction.

mod draft;
mod payments;
mod timeline;
mod visits;
mod write;

use crate::members::Address;
use crate::time::Moment;

pub(crate) use draft::{BlockPlan, Drafter};
pub(crate) use timeline::Ending;
pub(crate) use visits::{Visit, VisitNumbers};
pub(crate) use write::OrderWriter;

/// One line of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) product: u32,
    pub(crate) quantity: u32,
    /// In hundredths of a percent.
    pub(crate) discount: u16,
}

/// An order with everything that is going to happen to it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) placed: Moment,
    pub(crate) customer: u32,
    pub(crate) store: u16,
    /// Only in stores of stone.
    representative: Option<u16>,
    payment_method: u8,
    /// The share that is paid in another way, in percent; 0 for none.
    split_pct: u8,
    instalments: u8,
    carrier: u8,
    /// Days by which its rows come later than they should.
    pub(crate) late_days: u8,
    /// Where it goes, unless that is where the customer lives.
    gift_to: Option<Address>,
    pub(crate) ending: Ending,
    paid: Moment,
    shipped: Moment,
    delivered: Moment,
    promised: Moment,
    /// The end of an order that is cancelled, unpaid, or comes back.
    pub(crate) closed: Moment,
    /// The first of its lines, and how many they are.
    pub(crate) first_line: u32,
    pub(crate) line_count: u8,
}

/// Orders that follow each other.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) number: u64,
    /// Orders before it.
    pub(crate) first_order: u64,
    pub(crate) orders: Vec<Order>,
    pub(crate) lines: Vec<Line>,
    pub(crate) visits: Vec<Visit>,
}

impl Block {
    pub(crate) fn lines_of(&self, order: &Order) -> &[Line] {
        let first = order.first_line as usize;
        &self.lines[first..first + usize::from(order.line_count)]
    }
}
