//! quality: rows are judged by their contracts, and a batch is stopped before it is published.

mod contracts;
mod gate;
mod labels;
mod oracles;
mod orders;
mod planted;
mod quarantine;
mod report;
mod rules;
mod shop;
mod totals;
