//! Stock: what is kept where, when it is bought from suppliers, and what orders find on the shelves.
//!
//! Architecture invariant: the opening snapshot and the movements up to a day make every later
//! snapshot, by construction; no shelf holds less than nothing at any moment.

mod agenda;
mod buying;
mod plan;
mod selling;
mod shop_floor;

use crate::orders::{Block, VisitNumbers};
use crate::time::Moment;

pub(crate) use plan::ShelfPlan;
pub(crate) use shop_floor::ShopFloor;

/// Why stock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Purchase,
    Sale,
    Return,
    Adjustment,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Sale => "sale",
            Self::Return => "return",
            Self::Adjustment => "adjustment",
        }
    }
}

/// Units that came or went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    pub(crate) moment: Moment,
    pub(crate) product: u32,
    pub(crate) location: u16,
    pub(crate) kind: Kind,
    /// Negative when they went.
    pub(crate) quantity: i32,
}

/// Units on all shelves at the end of a day.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) day: i32,
    pub(crate) on_hand: Vec<u32>,
}

/// A product that a delivery tells of, with its stock at the end of the day.
#[derive(Debug)]
pub(crate) struct DueProduct {
    pub(crate) day: i32,
    pub(crate) product: u32,
    pub(crate) stock: u64,
}

/// Numbers that were given before a block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) item: u64,
    pub(crate) shipment: u64,
    pub(crate) movement: u64,
    pub(crate) visits: VisitNumbers,
}

/// A block of orders as it was sold, and what happened to the stock meanwhile.
#[derive(Debug)]
pub(crate) struct Sold {
    pub(crate) block: Block,
    pub(crate) numbers: Numbers,
    pub(crate) movements: Vec<Movement>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) products: Vec<DueProduct>,
}
