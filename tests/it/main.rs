//! The pipeline against a real PostgreSQL: one test binary, one module per subject.

mod analytics;
mod architecture;
mod change_stream;
mod cleanup;
mod corruption;
mod daily_batches;
mod document;
mod end_to_end;
mod failures;
mod generate;
mod kills;
mod lineage;
mod monitor;
mod olist;
mod privacy;
mod production;
mod quality;
mod stage;
mod support;
mod ten_orders;
mod trace;
mod warehouse;
