//! The pipeline's programs in order, under one lock, as child processes.
//!
//! Architecture invariant: never two runs at once; a run that was killed is healed by the next,
//! because every program publishes in one transaction and finds out by itself what is left to do.

mod child;
mod console;
mod document;
mod execution;
mod lineage;
mod plan;
mod report;
mod schedule;
mod settings;
mod signals;
mod trace;

use std::path::PathBuf;

use anyhow::Context as _;
use common::embedded::Embedded;
use common::{Program, Rows, StageContext, StageReport, Status, Step, Uses, database, run as runs};

pub use crate::document::DocumentOptions;
pub use crate::trace::TraceOptions;

/// What the program is called.
pub const PROGRAM: Program = Program {
    name: "orchestrator",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:\n  \
        orchestrator run                                     the sources of pipeline.toml\n  \
        orchestrator run --source olist --data ~/olist       one source, from its own folder\n  \
        orchestrator run --skip generate                     raw files as they are\n  \
        orchestrator run --replay                            quarantine, after a rule was mended\n  \
        orchestrator schedule                                runs by [orchestrator] schedule\n  \
        orchestrator trace fact_sales TXN00001 1             where a row came from\n  \
        orchestrator migrate                                 only bring the schema up to date\n  \
        orchestrator stop                                    stop the embedded PostgreSQL",
    uses: Uses::Itself,
};

// A doc comment here would replace the program's own help.
#[derive(Debug, Clone, clap::Args)]
#[expect(
    missing_docs,
    reason = "the help texts of the fields are their documentation"
)]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,
}

/// What the orchestrator is asked for.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Run the pipeline once
    Run(RunOptions),
    /// Run it again and again, by the schedule of [orchestrator] in pipeline.toml
    Schedule(RunOptions),
    /// Show where a row of the warehouse came from: members, rows, batch, run, file, line
    Trace(TraceOptions),
    /// Write the tables and the star of docs/DATA_MODEL.md from the comments in the database
    Document(DocumentOptions),
    /// Bring the database's schema up to date
    Migrate,
    /// Stop the embedded PostgreSQL
    Stop {
        /// Remove its cluster with all its data too
        #[arg(long)]
        delete_data: bool,
    },
}

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(
    missing_docs,
    reason = "the help texts of the fields are their documentation"
)]
pub struct RunOptions {
    /// Source to load, by its folder in config/sources (repeat for several)
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,

    /// Folder of the raw files, for a single source (default: data/raw/<SOURCE>)
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Program to leave out (repeat for several)
    #[arg(long, value_name = "PROGRAM")]
    pub skip: Vec<String>,

    /// Publish although the data gate says no; the reason is kept in ops.audit_log
    #[arg(long, value_name = "REASON")]
    pub accept_gate: Option<String>,

    /// Load nothing: try again what waits in quarantine, and publish what passes
    #[arg(long, conflicts_with_all = ["data", "accept_gate"])]
    pub replay: bool,
}

/// What the command needs: looking needs no lock and may be interrupted anywhere.
pub fn uses(options: &Options) -> Uses {
    match &options.command {
        Command::Trace(_) | Command::Document(_) => Uses::DatabaseUnlocked,
        _ => PROGRAM.uses,
    }
}

/// Does what was asked for.
///
/// # Errors
/// The failure of the first program that failed, with its exit code; 5 when another run holds the
/// lock.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    match &options.command {
        Command::Run(options) => execution::run(ctx, options).await,
        Command::Schedule(options) => schedule::run(ctx, options).await,
        Command::Trace(options) => trace::run(ctx, options).await,
        Command::Document(options) => document::run(ctx, options).await,
        Command::Migrate => migrate(ctx).await,
        Command::Stop { delete_data } => stop(ctx, *delete_data).await,
    }
}

async fn migrate(ctx: &StageContext) -> anyhow::Result<StageReport> {
    let mut report = StageReport::new(ctx);
    if ctx.dry_run {
        database::check_migrated(&ctx.client().await?).await?;
        console::say(ctx, "the schema is up to date")?;
        return Ok(report);
    }
    let step = Step::begin("migrate");
    let applied = database::migrate(&mut ctx.client().await?).await?;
    let rows = Rows {
        updated: applied.len() as u64,
        ..Rows::default()
    };
    report.finish(step, rows);
    let count = applied.len();
    console::say(
        ctx,
        &format!("{count} migrations applied; the schema is up to date"),
    )?;
    Ok(report)
}

async fn stop(ctx: &StageContext, delete_data: bool) -> anyhow::Result<StageReport> {
    let mut report = StageReport::new(ctx);
    let embedded = Embedded::new(&ctx.config);
    if ctx.dry_run {
        console::say(ctx, "would stop the embedded PostgreSQL, if it runs")?;
        return Ok(report);
    }
    // A run would lose its server in the middle of its work.
    let _lock = runs::lock_file(ctx)?;
    let was_running = embedded
        .stop()
        .await
        .context("failed to stop the embedded PostgreSQL")?;
    if was_running {
        console::say(ctx, "the embedded PostgreSQL is stopped")?;
    } else {
        report.status = Status::NothingToDo;
        console::say(ctx, "no embedded PostgreSQL is running")?;
    }
    if delete_data && embedded.delete()? {
        console::say(ctx, "its data is deleted")?;
    }
    Ok(report)
}
