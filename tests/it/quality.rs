//! quality: rows are judged by their contracts, and a batch is stopped before it is published.

mod cases;
mod contracts;
mod doubles;
mod gate;
mod labels;
mod orders;
mod payments;
mod planted;
mod quarantine;
mod report;
mod rules;
mod shop;
mod stock;
mod totals;
mod volume;
