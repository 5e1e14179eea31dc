//! quality: rows are judged by their contracts, and a batch is stopped before it is published.

mod cases;
mod contracts;
mod doubles;
mod explain;
mod gate;
mod init;
mod labels;
mod lint;
mod oracles;
mod orders;
mod payments;
mod planted;
mod quarantine;
mod replay;
mod report;
mod rules;
mod shop;
mod stock;
mod totals;
mod versions;
mod volume;
mod worked_example;
