//! The flags that all programs share.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::ValueEnum;
use uuid::Uuid;

// The orchestrator passes every one of them to its children. Not a doc comment: clap would print
// it as the description of every program.
#[derive(Debug, Clone, clap::Args)]
#[expect(
    missing_docs,
    reason = "the help texts of the fields are their documentation"
)]
pub struct CommonArgs {
    /// Settings file
    #[arg(
        long,
        env = "BULLION_CONFIG",
        default_value = "config/pipeline.toml",
        value_name = "FILE",
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub config: PathBuf,

    /// Identifier of the run that this belongs to (a UUID; made up when absent)
    #[arg(
        long,
        value_name = "UUID",
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub run_id: Option<Uuid>,

    /// The day that the run is about, for example 2025-11-20 (default: today, UTC)
    #[arg(
        long,
        value_name = "DATE",
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub business_date: Option<NaiveDate>,

    /// Say what would be done and change nothing
    #[arg(long, global = true, help_heading = "Shared by all programs")]
    pub dry_run: bool,

    /// Form of the log lines on stderr and in logs/
    #[arg(
        long,
        value_enum,
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub log_format: Option<LogFormat>,

    /// Form of the result on stdout
    #[arg(
        long,
        value_enum,
        default_value_t = OutputFormat::Text,
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub output: OutputFormat,

    /// Least level of the log lines on stderr: error, warn, info or debug
    #[arg(
        long,
        value_name = "LEVEL",
        global = true,
        help_heading = "Shared by all programs"
    )]
    pub log_level: Option<tracing::Level>,

    /// Start of the run (default: now)
    #[arg(long, value_name = "TIME", global = true, hide = true)]
    pub started_at: Option<DateTime<Utc>>,

    /// Where to leave the JSON report of this program
    #[arg(long, value_name = "FILE", global = true, hide = true)]
    pub report: Option<PathBuf>,

    /// Process id of the orchestrator that started this program and holds the run lock
    #[arg(long, value_name = "PID", global = true, hide = true)]
    pub parent_pid: Option<u32>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The word that the flag takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// How the result is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// The program's report as JSON.
    Json,
}
