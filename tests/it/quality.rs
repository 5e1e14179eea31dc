//! quality: rows are judged by their contracts, and a batch is stopped before it is published.

mod contracts;
mod explain;
mod gate;
mod init;
mod labels;
mod lint;
mod oracles;
mod orders;
mod planted;
mod quarantine;
mod replay;
mod report;
mod rules;
mod shop;
mod totals;
mod worked_example;
