//! What several programs need and that knows no table but `ops.*`.
//!
//! Architecture invariant: `common` depends on no program and holds no business rule. Something
//! that a single program uses lives in that program's crate under `bins/`.

mod args;
pub mod atomic;
pub mod config;
pub mod console;
mod context;
pub mod database;
pub mod embedded;
pub mod errors;
mod main_loop;
pub mod progress;
pub mod report;
pub mod retry;
pub mod run;
mod sql;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod volume;

pub use args::{CommonArgs, LogFormat, OutputFormat};
pub use config::Config;
pub use context::StageContext;
pub use database::db;
pub use errors::Failure;
pub use main_loop::{Program, Uses, stage_main, stage_main_using};
pub use report::{QualitySummary, ReportMetadata, Rows, StageReport, Status, Step};
pub use sql::Sql;
