//! Accepted staged rows into clean, keyed, constrained `production` tables.
//!
//! In: the batches of `staging` that `quality` passed, and its verdicts. Out: `production.*`, the
//! append-only `*_changes`, the ledger, and the batch's files marked loaded.
//!
//! Architecture invariant: only this program writes `production`, one transaction per batch, so
//! that readers see all of a batch or none of it, and publishing it again changes nothing.

mod batches;
mod corrections;
mod models;
mod publish;

use deadpool_postgres::Object;

use common::{Program, StageContext, StageReport, Status, Uses, db, sql};

use crate::batches::{Batch, Queue};

/// The program, as the command line knows it.
pub const PROGRAM: Program = Program {
    name: "production",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:
  production
  production --dry-run --output json
",
    uses: Uses::Database,
};

/// Written rows, and their share of those that the planner knows of, from which on its statistics
/// are refreshed at once; smaller changes are left to the server's own housekeeping.
const ANALYZE_ROWS_MIN: u64 = 10_000;
const ANALYZE_PARTS_MAX: u64 = 10;

// A doc comment here would replace the program's own help.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(missing_docs, reason = "it would replace the program's own help")]
pub struct Options {}

/// Publishes every batch that waits, each in a transaction of its own.
///
/// # Errors
/// Exit code 2 when a batch was never judged; 4 when rows do not balance, which publishes nothing
/// of that batch.
pub async fn run(ctx: &StageContext, _options: &Options) -> anyhow::Result<StageReport> {
    let mut report = StageReport::new(ctx);
    let mut client = ctx.client().await?;
    let queue = Queue::load(&client).await?;
    queue.refuse_unjudged()?;
    for batch in &queue.gone {
        report.warn(format!(
            "{batch} is no longer in staging; its files are loaded again by the next `stage`"
        ));
    }
    for batch in &queue.blocked {
        report.warn(format!(
            "{batch} was blocked by `quality` and is not published"
        ));
    }
    for batch in &queue.passed {
        publish::publish(ctx, &mut client, batch, &mut report).await?;
    }
    if !ctx.dry_run {
        analyze(&client, report.rows().written()).await?;
    }
    report.status = status(&queue.passed, &queue.blocked);
    Ok(report)
}

async fn analyze(client: &Object, written_rows: u64) -> anyhow::Result<()> {
    if written_rows >= ANALYZE_ROWS_MIN {
        let known = db::count(client, sql!("production/estimate_rows.sql"), &[]).await?;
        if written_rows.saturating_mul(ANALYZE_PARTS_MAX) >= known {
            db::execute(client, sql!("production/analyze_tables.sql"), &[]).await?;
        }
    }
    Ok(())
}

/// What the run amounts to.
fn status(passed: &[Batch], blocked: &[Batch]) -> Status {
    match (passed.is_empty(), blocked.is_empty()) {
        (true, true) => Status::NothingToDo,
        (true, false) => Status::Blocked,
        (false, false) => Status::Partial,
        (false, true) => Status::Succeeded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Vec<Batch> {
        vec![Batch {
            id: 1,
            source: "shop".to_owned(),
        }]
    }

    #[test]
    fn the_status_follows_from_what_was_passed_and_blocked() {
        assert_eq!(status(&[], &[]), Status::NothingToDo);
        assert_eq!(status(&[], &batch()), Status::Blocked);
        assert_eq!(status(&batch(), &batch()), Status::Partial);
        assert_eq!(status(&batch(), &[]), Status::Succeeded);
    }
}
