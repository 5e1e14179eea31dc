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

/// Changed rows from which on the planner's statistics are refreshed.
const ANALYZE_ROWS_MIN: u64 = 10_000;

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
    if report.rows().written() >= ANALYZE_ROWS_MIN && !ctx.dry_run {
        db::execute(&client, sql!("production/analyze_tables.sql"), &[]).await?;
    }
    report.status = status(&queue.passed, &queue.blocked);
    Ok(report)
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
