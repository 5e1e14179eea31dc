//! Works quarantine off: what waits there, why, and another try for it.
//!
//! In go entries of `ops.quarantine`, out come lists of keys and rule names, or a batch of rows that
//! are staged and judged again.
//!
//! Invariant: an entry is closed by the transaction that publishes its row, and by nothing else;
//! a replay that nobody publishes leaves every entry open.

pub(crate) mod enter;
mod entry;
mod list;
mod replay;
pub(crate) mod restage;
pub(crate) mod retry;
mod show;

use common::config::nearest_hint;
use common::{Failure, Sql, StageContext, StageReport, Uses, db, sql};
use deadpool_postgres::Object;

const LIST_SOURCES: Sql = sql!("quality/list_sources.sql");

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct QuarantineOptions {
    #[command(subcommand)]
    pub command: QuarantineCommand,
}

/// What can be done with quarantine.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum QuarantineCommand {
    /// What waits, by dataset and rule, causes apart from consequences, and the newest entries
    List(ListOptions),
    /// All that is known of entries: rules, cause, place, history
    Show(ShowOptions),
    /// Stage and judge entries again, after a rule was mended or a parent arrived
    #[command(after_help = "Examples:\n  \
        quality quarantine replay                          all that is open\n  \
        quality quarantine replay 17 18                    these two, with the rest of their orders\n  \
        quality quarantine replay --rule products.price.minimum\n  \
        orchestrator run --replay                          the same, and publish what passes")]
    Replay(ReplayOptions),
}

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct Filter {
    /// Only entries of this source (repeat for several)
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,

    /// Only entries of this dataset, such as transaction_items
    #[arg(long, value_name = "DATASET")]
    pub dataset: Option<String>,

    /// Only entries that break this rule
    #[arg(long, value_name = "CHECK")]
    pub rule: Option<String>,
}

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct ListOptions {
    #[command(flatten)]
    pub filter: Filter,

    /// Only entries in this state
    #[arg(long, value_enum, default_value_t)]
    pub status: EntryStatus,

    /// Most entries shown one by one
    #[arg(long, value_name = "ENTRIES", default_value_t = 20)]
    pub limit: u32,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum EntryStatus {
    /// It waits.
    #[default]
    Open,
    /// A later entry of the same row took its place.
    Superseded,
    /// Its source brought a row that passed.
    Repaired,
    /// It was tried again and passed.
    Replayed,
    /// Somebody decided to do without it.
    Waived,
    /// Whatever it is.
    Any,
}

impl EntryStatus {
    /// The name in the database; none for all of them.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Open => Some("open"),
            Self::Superseded => Some("superseded"),
            Self::Repaired => Some("repaired"),
            Self::Replayed => Some("replayed"),
            Self::Waived => Some("waived"),
            Self::Any => None,
        }
    }
}

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct ShowOptions {
    /// Entries, by the number that `list` shows
    #[arg(value_name = "ENTRY", required = true)]
    pub entries: Vec<i64>,

    /// Show the rows themselves, too; they may hold personal data, so the audit log is told
    #[arg(long)]
    pub payload: bool,
}

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct ReplayOptions {
    /// Entries, by the number that `list` shows (default: all that are open)
    #[arg(value_name = "ENTRY")]
    pub entries: Vec<i64>,

    #[command(flatten)]
    pub filter: Filter,
}

impl Filter {
    /// The sources; none for all of them.
    ///
    /// # Errors
    /// Exit code 2 for a source that never brought anything.
    async fn sources(&self, client: &Object) -> anyhow::Result<Option<&Vec<String>>> {
        if self.source.is_empty() {
            return Ok(None);
        }
        let rows = db::rows(client, LIST_SOURCES, &[]).await?;
        let known = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<Vec<String>, _>>()?;
        if let Some(unknown) = self.source.iter().find(|name| !known.contains(name)) {
            let hint = nearest_hint(unknown, known.iter().map(String::as_str));
            let message = format!("source `{unknown}` never brought anything{hint}");
            return Err(Failure::usage(message).into());
        }
        Ok(Some(&self.source))
    }
}

/// What the program needs for the command.
pub(crate) fn uses(options: &QuarantineOptions) -> Uses {
    match options.command {
        QuarantineCommand::List(_) | QuarantineCommand::Show(_) => Uses::DatabaseUnlocked,
        QuarantineCommand::Replay(_) => Uses::Database,
    }
}

/// Does what was asked for.
///
/// # Errors
/// Exit code 2 for an entry that does not exist, or while a batch waits in staging.
pub(crate) async fn run(
    ctx: &StageContext,
    options: &QuarantineOptions,
) -> anyhow::Result<StageReport> {
    match &options.command {
        QuarantineCommand::List(options) => list::run(ctx, options).await,
        QuarantineCommand::Show(options) => show::run(ctx, options).await,
        QuarantineCommand::Replay(options) => replay::run(ctx, options).await,
    }
}
