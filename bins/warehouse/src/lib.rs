//! The star schema: dimensions with history, facts and aggregates.
//!
//! In: `production.*` of the batches that were published since the last load. Out: `warehouse.*`,
//! and the watermark of each source that was consumed.
//!
//! Architecture invariant: only this program writes `warehouse`, in one transaction with the writer
//! lock (but for empty partitions, which come before it), so that every reader sees dimensions,
//! facts and aggregates of the same batches. Only what those batches touched is computed anew, and
//! only rows that differ are written. All histories are computed anew when it is declared otherwise
//! which attributes have one.

mod aggregates;
mod check;
mod declaration;
mod dimensions;
mod facts;
mod fulfilment;
mod inventory;
mod load;
mod partitions;
mod settings;
mod sources;
mod web;

use common::{Failure, Program, Sql, StageContext, StageReport, Status, Uses, db, sql};

pub use crate::check::CheckOptions;
use crate::settings::Settings;

/// The program, as the command line knows it.
pub const PROGRAM: Program = Program {
    name: "warehouse",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:
  warehouse
  warehouse --full-refresh
  warehouse --dry-run --output json
  warehouse check                             look for what breaks the promises of the star
",
    uses: Uses::Database,
};

const FIND_PENDING_SOURCES: Sql = sql!("warehouse/find_pending_sources.sql");

// A doc comment here would replace the program's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(missing_docs, reason = "it would replace the program's own help")]
pub struct Options {
    /// Something else than loading.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Compute every row anew from all published batches; surrogate keys stay.
    #[arg(long)]
    pub full_refresh: bool,
}

/// What `warehouse` does beside loading.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Look for rows that break the promises of the star: exit code 0 when there are none, else 1
    #[command(after_help = "Examples:\n  \
        warehouse check\n  \
        warehouse check --limit 20\n  \
        warehouse check --output json")]
    Check(CheckOptions),
}

/// What the program needs for what it was asked to do.
pub fn uses(options: &Options) -> Uses {
    match options.command {
        None => PROGRAM.uses,
        Some(Command::Check(_)) => Uses::DatabaseUnlocked,
    }
}

/// Loads, or does what the sub-command says.
///
/// # Errors
/// Exit code 2 for a setting out of range; else as the server says. Nothing is half-published.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    match &options.command {
        None => load_pending(ctx, options).await,
        Some(Command::Check(_)) if options.full_refresh => Err(Failure::usage(
            "--full-refresh is for loading; leave it out before a sub-command",
        )
        .into()),
        Some(Command::Check(options)) => check::run(ctx, options).await,
    }
}

/// Brings the warehouse up to the last published batch of every source.
async fn load_pending(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings = Settings::load(&ctx.config)?;
    let mut report = StageReport::new(ctx);
    let mut client = ctx.client().await?;
    let pending = db::rows(&client, FIND_PENDING_SOURCES, &[&options.full_refresh]).await?;
    let changed = settings.dimensions.find_changed(&client).await?;
    if pending.is_empty() && changed.is_empty() {
        report.status = Status::NothingToDo;
        return Ok(report);
    }
    load::load(ctx, &mut client, options, &settings, &mut report).await?;
    Ok(report)
}
