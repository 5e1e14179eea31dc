//! Judges staged batches against their contracts and holds bad rows back.
//!
//! In go the rows of `staging.*`, out come verdicts: rows in `ops.rejections` and
//! `ops.quarantine`, checks in `ops.check_results`, batches that passed or are blocked.
//!
//! Architecture invariant: this stage never changes a row that `stage` staged, it only adds rows
//! from quarantine that are tried again; a verdict on a batch is there whole or not at all, and
//! judging again gives the same one.

mod check;
mod contract;
mod evaluate;
mod explain;
mod faults;
mod finding;
mod findings;
mod gate;
mod guard;
mod history;
mod init;
mod judge;
mod labels;
mod lint;
mod page;
mod predicate;
mod quarantine;
mod record;
mod report;
pub mod rules;
mod score;
mod settings;
mod sql_text;
mod statement;
mod verdict;
mod verify;

use std::path::Path;

use anyhow::Context as _;
use common::{
    Failure, QualitySummary, Rows, Sql, StageContext, StageReport, Status, Step, Uses, db,
};
use deadpool_postgres::Object;
use serde_json::Value;

use contract::{Contracts, Overridden};
pub use explain::ExplainOptions;
use findings::Batch;
pub use init::InitOptions;
use judge::Bench;
pub use labels::FaultsOptions;
pub use lint::LintOptions;
pub use quarantine::{
    EntryStatus, Filter, ListOptions, QuarantineCommand, QuarantineOptions, ReplayOptions,
    ShowOptions,
};
use report::Report;
pub use settings::Settings;
use verdict::{BatchVerdict, CheckResult, CheckStatus, TableVerdict};

/// How the program presents itself.
pub const PROGRAM: common::Program = common::Program {
    name: "quality",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:
  quality                                     judge what is staged
  quality --dry-run                           judge, and change nothing
  quality --accept-gate 'prices doubled on purpose, see ticket 812'
  quality faults data/demo/raw/synthetic/faults.jsonl
  quality lint                                say all that is wrong with the contracts
  quality explain customers.email.pattern     what a check asserts, ran and found
  quality init --from staging.customers       draft a contract from what is staged
  quality quarantine list                     what is held back, and why
  quality quarantine replay                   try it again
",
    uses: Uses::Database,
};

const LIST_BATCHES: Sql = common::sql!("quality/list_batches.sql");
const ABANDON_REPLAYS: Sql = common::sql!("quality/abandon_replays.sql");
const LAST_VERDICTS: Sql = common::sql!("quality/last_verdicts.sql");

// A doc comment here would replace the text of --help.
#[derive(Debug, Clone, Default, clap::Args)]
#[allow(missing_docs)]
pub struct Options {
    /// Something else than judging.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Publish what the gate would block; the reason is kept in the audit log
    #[arg(long, value_name = "REASON")]
    pub accept_gate: Option<String>,
}

/// What `quality` does beside judging.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Compare planted faults with what was found: caught, missed, false alarms, and the cost
    #[command(after_help = "Examples:\n  \
        quality faults data/demo/raw/synthetic/faults.jsonl\n  \
        quality faults labels.jsonl --source synthetic --output json")]
    Faults(FaultsOptions),

    /// What is held back: list, show, and another try
    Quarantine(QuarantineOptions),

    /// Say all that is wrong with the contracts and the sources' own rules, and judge nothing
    #[command(after_help = "Examples:\n  \
        quality lint\n  \
        quality lint config --offline\n  \
        quality lint --output json")]
    Lint(LintOptions),

    /// Tell all about a check: what it asserts, where it stands, what it runs and what it found
    #[command(after_help = "Examples:\n  \
        quality explain customers.email.pattern\n  \
        quality explain transactions.total_consistent --source synthetic --limit 5\n  \
        quality explain payments.amount.required --output json")]
    Explain(ExplainOptions),

    /// Draft a contract from the rows of one batch, with observed bounds
    #[command(after_help = "Examples:\n  \
        quality init --from staging.customers\n  \
        quality init --from staging.web_events --out config/contracts/web_events.odcs.yaml --force\n  \
        quality init --from staging.payments --batch 12 --output json")]
    Init(InitOptions),
}

/// What the program needs for what it was asked to do.
pub fn uses(options: &Options) -> Uses {
    match &options.command {
        None => PROGRAM.uses,
        Some(Command::Faults(_) | Command::Lint(_) | Command::Explain(_) | Command::Init(_)) => {
            Uses::DatabaseUnlocked
        }
        Some(Command::Quarantine(options)) => quarantine::uses(options),
    }
}

/// Judges, or does what the sub-command says.
///
/// # Errors
/// Exit code 2 for a contract, `source.toml` or labels that cannot be read; else as the database
/// says.
pub async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    match &options.command {
        None => judge_waiting(ctx, options).await,
        Some(_) if options.accept_gate.is_some() => Err(Failure::usage(
            "--accept-gate is for judging; leave it out before a sub-command",
        )
        .into()),
        Some(Command::Faults(options)) => labels::run(ctx, options).await,
        Some(Command::Lint(options)) => lint::run(ctx, options).await,
        Some(Command::Explain(options)) => explain::run(ctx, options).await,
        Some(Command::Init(options)) => init::run(ctx, options).await,
        Some(Command::Quarantine(options)) => quarantine::run(ctx, options).await,
    }
}

/// Judges every batch that waits, and publishes one report over all of them.
async fn judge_waiting(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let settings = Settings::read(ctx)?;
    let config_dir = &ctx.config.paths.config_dir;
    let contracts = Contracts::read(&config_dir.join("contracts"))?;
    let mut client = ctx.client().await?;
    if !ctx.dry_run {
        // A replay that was not published goes no further: its rows wait in quarantine as before.
        db::execute(&client, ABANDON_REPLAYS, &[]).await?;
    }
    let batches = waiting_batches(&client).await?;
    let mut stage_report = StageReport::new(ctx);
    if batches.is_empty() {
        return repeat_last(ctx, &client, stage_report).await;
    }
    // All sources' rules are read before the first verdict: a fault in one stops nothing half-way.
    let rules = batches
        .iter()
        .map(|batch| contracts.for_source(config_dir, &batch.source))
        .collect::<anyhow::Result<Vec<Overridden>>>()?;
    let problems = verify::problems(&client, &contracts).await?;
    if !problems.is_empty() {
        return Err(contract::refusal(&problems));
    }
    let mut verdicts = Vec::new();
    for (batch, rules) in batches.iter().zip(&rules) {
        let accept_gate = options.accept_gate.as_deref();
        let bench = Bench {
            ctx,
            settings: &settings,
            rules,
            accept_gate,
        };
        let step = Step::begin(format!("judge {}", batch.source)).relation("ops.rejections");
        let verdict = bench.judge(&mut client, batch).await.with_context(|| {
            format!(
                "failed to judge batch {} ({})",
                batch.batch_id, batch.source
            )
        })?;
        stage_report.finish(step, rows(&verdict));
        verdicts.push(verdict);
    }
    conclude(ctx, &client, &mut stage_report, &verdicts).await?;
    Ok(stage_report)
}

/// The columns that each contract in a folder lists, by entity.
///
/// # Errors
/// Exit code 2 for a contract that cannot be read, with file, line and key.
pub fn contract_columns(folder: &Path) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let contracts = Contracts::read(folder)?;
    let columns = |entity: &check::Entity| -> Vec<String> {
        entity
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    };
    Ok(contracts
        .entities
        .iter()
        .map(|entity| (entity.name.clone(), columns(entity)))
        .collect())
}

async fn waiting_batches(client: &Object) -> anyhow::Result<Vec<Batch>> {
    db::rows(client, LIST_BATCHES, &[])
        .await?
        .iter()
        .map(|row| {
            Ok(Batch {
                batch_id: row.try_get(0)?,
                source: row.try_get(1)?,
                is_replay: row.try_get(2)?,
            })
        })
        .collect()
}

/// Nothing is staged: the last verdict stands, and the report says from when it is.
async fn repeat_last(
    ctx: &StageContext,
    client: &Object,
    mut stage_report: StageReport,
) -> anyhow::Result<StageReport> {
    stage_report.status = Status::NothingToDo;
    let mut verdicts: Vec<BatchVerdict> = Vec::new();
    for row in db::rows(client, LAST_VERDICTS, &[]).await? {
        let report: Value = row.try_get(0)?;
        verdicts.push(serde_json::from_value(report).context("failed to read an earlier verdict")?);
    }
    if verdicts.is_empty() {
        return Ok(stage_report);
    }
    let history = history::read(client, &verdicts).await?;
    let report = Report::new(ctx.metadata(), &verdicts, history, true);
    stage_report.quality = Some(summary(&report, &verdicts));
    if !ctx.dry_run {
        report.publish(ctx)?;
    }
    Ok(stage_report)
}

async fn conclude(
    ctx: &StageContext,
    client: &Object,
    stage_report: &mut StageReport,
    verdicts: &[BatchVerdict],
) -> anyhow::Result<()> {
    settle(stage_report, verdicts);
    let history = history::read(client, verdicts).await?;
    let report = Report::new(ctx.metadata(), verdicts, history, false);
    stage_report.quality = Some(summary(&report, verdicts));
    if !ctx.dry_run {
        report.publish(ctx)?;
    }
    Ok(())
}

/// What the verdicts amount to.
fn settle(stage_report: &mut StageReport, verdicts: &[BatchVerdict]) {
    for verdict in verdicts {
        explain(stage_report, verdict);
    }
    let closed = verdicts
        .iter()
        .filter(|verdict| verdict.gate.is_closed())
        .count();
    stage_report.status = match closed {
        0 => Status::Succeeded,
        all if all == verdicts.len() => Status::Blocked,
        _ => Status::Partial,
    };
}

/// Says why a gate is closed, or that a person opened it.
fn explain(stage_report: &mut StageReport, verdict: &BatchVerdict) {
    let gate = &verdict.gate;
    let (source, failures) = (&verdict.source, gate.blocking_failures.join(", "));
    if gate.is_closed() {
        stage_report.warn(format!(
            "source `{source}` is blocked (score {:.2}): {failures}; nothing of it is published\n  \
             hint: mend the files and run again, or let them pass with `orchestrator run \
             --accept-gate <reason>`",
            verdict.score
        ));
    } else if let Some(reason) = &gate.accepted_because {
        stage_report.warn(format!(
            "source `{source}` passes in spite of {failures}: {reason}"
        ));
    }
    if verdict.tables.iter().all(|table| table.rows_staged == 0) {
        stage_report.warn(format!("source `{source}` brought no row to judge"));
    }
}

fn rows(verdict: &BatchVerdict) -> Rows {
    let sum = |part: fn(&TableVerdict) -> u64| verdict.tables.iter().map(part).sum();
    Rows {
        input: sum(|table| table.rows_staged),
        quarantined: sum(|table| {
            table.rows_quarantined + table.rows_consequence + table.rows_superseded
        }),
        ..Rows::default()
    }
}

fn summary(report: &Report<'_>, verdicts: &[BatchVerdict]) -> QualitySummary {
    let is_critical =
        |result: &&CheckResult| result.status == CheckStatus::Fail && result.severity == "critical";
    let issues = verdicts
        .iter()
        .flat_map(|verdict| &verdict.results)
        .filter(is_critical)
        .count();
    QualitySummary {
        quality_score: Some(report.overall_quality_score),
        critical_issues: issues as u64,
    }
}
