//! One run: lock, programs in order, retries, report, table.

use std::path::PathBuf;

use anyhow::Context as _;
use common::run::{self, RunLock};
use common::{Failure, Rows, Sql, StageContext, StageReport, Status, Step, database, db, errors};
use common::{report as reports, retry};

use crate::RunOptions;
use crate::child::{Attempt, End, Launcher};
use crate::console;
use crate::lineage::{self, Lineage};
use crate::plan::{self, MONITOR, Stage};
use crate::report;
use crate::settings::Settings;
use crate::signals::Signals;

const RECORD_ATTEMPT: Sql = common::sql!("orchestrator/record_stage_run.sql");

/// A program of the run and its attempts; none when the run ended before it.
#[derive(Debug)]
pub(crate) struct StageRun {
    pub(crate) name: &'static str,
    pub(crate) attempts: Vec<Attempt>,
}

impl StageRun {
    /// The last attempt's end.
    pub(crate) fn end(&self) -> Option<End> {
        self.attempts.last().map(|it| it.end)
    }

    /// What the last attempt left.
    pub(crate) fn report(&self) -> Option<&StageReport> {
        self.attempts.last()?.report.as_ref()
    }
}

/// What a run came to: its programs, and why it ended before its plan did.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) runs: Vec<StageRun>,
    pub(crate) cut_short: Option<Failure>,
}

/// Runs the pipeline once.
pub(crate) async fn run(ctx: &StageContext, options: &RunOptions) -> anyhow::Result<StageReport> {
    let settings = Settings::load(ctx)?;
    let lineage_settings = lineage::Settings::load(ctx)?;
    let plan = plan::make(ctx, &settings, options)?;
    let mut signals = Signals::listen()?;
    if ctx.dry_run {
        database::check_migrated(&ctx.client().await?).await?;
    } else {
        database::migrate(&mut ctx.client().await?).await?;
    }
    let lock = match RunLock::acquire(ctx).await {
        Ok(lock) => lock,
        Err(error) => {
            report::keep_refused(ctx, options, &error)?;
            return Err(error);
        }
    };
    let scratch = Scratch::create(ctx)?;
    let launcher = Launcher {
        ctx,
        settings: &settings,
        database_url: ctx.database_url().await?,
        report_dir: scratch.0.clone(),
    };
    if ctx.dry_run {
        drop(lock);
        return rehearse(&launcher, &plan, &mut signals).await;
    }
    let lineage = Lineage::begin(ctx, &lineage_settings, options.data.as_ref()).await;
    let mut runner = Runner {
        launcher,
        lineage,
        signals,
    };
    let mut execution = runner.run_stages(&plan, &lock).await?;
    let exit_code = exit_code(&execution);
    record_end(ctx, exit_code, None).await;
    // After the run's end is recorded: what it looks at includes this run.
    if plan.iter().any(|it| it.name == MONITOR) && execution.cut_short.is_none() {
        let stage = Stage {
            name: MONITOR,
            arguments: Vec::new(),
        };
        let (run, cut_short) = runner.run_stage(&stage).await?;
        execution.runs.retain(|it| it.name != MONITOR);
        execution.runs.push(run);
        execution.cut_short = cut_short;
    }
    let reason = report::errors_of(&execution).join("\n");
    runner.lineage.finish(ctx, exit_code, &reason);
    let document = report::build(ctx, options, &execution, exit_code);
    let path = reports::publish(ctx, "pipeline_execution_report", &document)?;
    record_end(ctx, exit_code, Some(&document)).await;
    console::print_run(ctx, &execution.runs, exit_code, &path).await?;
    outcome(ctx, execution, exit_code)
}

/// A dry run: the programs that read files, or quarantine, say what they would do; the others would
/// work on what these did not write, so they are left out, and so is the report.
async fn rehearse(
    launcher: &Launcher<'_>,
    plan: &[Stage],
    signals: &mut Signals,
) -> anyhow::Result<StageReport> {
    let mut execution = Execution {
        runs: Vec::new(),
        cut_short: None,
    };
    for stage in plan.iter().filter(|it| it.reads_files() || it.is_replay()) {
        let attempt = launcher.attempt(stage, 1, signals).await?;
        execution.runs.push(StageRun {
            name: stage.name,
            attempts: vec![attempt],
        });
    }
    let exit_code = exit_code(&execution);
    outcome(launcher.ctx, execution, exit_code)
}

/// What the programs of a run share.
struct Runner<'a> {
    launcher: Launcher<'a>,
    lineage: Lineage,
    signals: Signals,
}

impl Runner<'_> {
    /// Programs in order until one fails or the run is stopped.
    async fn run_stages(&mut self, plan: &[Stage], lock: &RunLock) -> anyhow::Result<Execution> {
        let mut execution = Execution {
            runs: Vec::new(),
            cut_short: None,
        };
        let mut has_failed = false;
        for stage in plan {
            if !has_failed && !lock.is_held() {
                execution.cut_short = Some(Failure::transient(
                    "the connection that holds the run lock broke; run again to go on",
                ));
                has_failed = true;
            }
            if has_failed || stage.name == MONITOR {
                execution.runs.push(StageRun {
                    name: stage.name,
                    attempts: Vec::new(),
                });
                continue;
            }
            let (run, cut_short) = self.run_stage(stage).await?;
            has_failed = !matches!(run.end(), Some(End::Exit(0 | errors::EXIT_PARTIAL)));
            execution.runs.push(run);
            execution.cut_short = cut_short;
        }
        Ok(execution)
    }

    /// One program, tried again where its exit code says that this may help.
    async fn run_stage(&mut self, stage: &Stage) -> anyhow::Result<(StageRun, Option<Failure>)> {
        let mut run = StageRun {
            name: stage.name,
            attempts: Vec::new(),
        };
        for number in 1.. {
            let ctx = self.launcher.ctx;
            self.lineage.stage_begins(ctx, stage.name, number);
            let mut attempt = self
                .launcher
                .attempt(stage, number, &mut self.signals)
                .await?;
            let is_worth_another = attempt.end == End::Exit(errors::EXIT_TRANSIENT)
                && number < self.launcher.settings.attempts_max;
            attempt.pause = is_worth_another.then(|| retry::pause_after(number));
            tell(stage.name, &attempt);
            record_attempt(ctx, stage.name, &attempt).await;
            self.lineage.stage_ended(ctx, stage.name, &attempt).await;
            let (pause, end) = (attempt.pause, attempt.end);
            run.attempts.push(attempt);
            if let End::Stopped(stop) = end {
                return Ok((run, Some(stop.failure())));
            }
            let Some(pause) = pause else { break };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                stop = self.signals.next() => return Ok((run, Some(stop.failure()))),
            }
        }
        Ok((run, None))
    }
}

fn tell(name: &str, attempt: &Attempt) {
    let rows = attempt
        .report
        .as_ref()
        .map(StageReport::rows)
        .unwrap_or_default();
    let duration_ms = (attempt.ended_at - attempt.started_at).num_milliseconds();
    match attempt.reason() {
        None => tracing::info!("{name} done: {rows} ({duration_ms} ms)"),
        // The program has told its reason on stderr itself.
        Some(_) if attempt.report.is_some() => {
            tracing::info!(pause = ?attempt.pause, "{name} failed ({duration_ms} ms)");
        }
        Some(reason) => tracing::error!(pause = ?attempt.pause, "{name}: {reason}"),
    }
}

/// A record that cannot be written costs the record, not the run: the report has it too.
async fn record_attempt(ctx: &StageContext, name: &str, attempt: &Attempt) {
    if let Err(error) = try_record_attempt(ctx, name, attempt).await {
        tracing::warn!(
            reason = errors::describe(&error),
            "an attempt was not recorded"
        );
    }
}

async fn try_record_attempt(
    ctx: &StageContext,
    name: &str,
    attempt: &Attempt,
) -> anyhow::Result<()> {
    let report = attempt.report.as_ref();
    let rows = report.map(StageReport::rows).unwrap_or_default();
    let number = i32::try_from(attempt.number).unwrap_or(i32::MAX);
    let exit_code = match attempt.end {
        End::Exit(code) => Some(i32::from(code)),
        End::Signal(_) | End::Timeout(_) | End::Stopped(_) => None,
    };
    let status = report::step_status(Some(attempt.end));
    let peak_memory_bytes = report.and_then(|it| it.peak_memory_bytes).map(db::bigint);
    let client = ctx.client().await?;
    db::execute(
        &client,
        RECORD_ATTEMPT,
        &[
            &ctx.run_id,
            &name,
            &number,
            &attempt.started_at,
            &attempt.ended_at,
            &status,
            &exit_code,
            &db::bigint(rows.input),
            &db::bigint(rows.written()),
            &peak_memory_bytes,
            &attempt.reason(),
        ],
    )
    .await?;
    Ok(())
}

/// The first failure's code; 6 when a program did its work in part.
fn exit_code(execution: &Execution) -> u8 {
    if let Some(failure) = &execution.cut_short {
        return failure.exit_code;
    }
    let ends = execution.runs.iter().filter_map(StageRun::end);
    let codes: Vec<u8> = ends.map(End::exit_code).collect();
    let failed = codes
        .iter()
        .find(|it| ![0, errors::EXIT_PARTIAL].contains(*it));
    let is_partial = codes.contains(&errors::EXIT_PARTIAL);
    failed
        .copied()
        .unwrap_or(if is_partial { errors::EXIT_PARTIAL } else { 0 })
}

/// A record that cannot be written costs the record, not the run: the report has it too.
async fn record_end(ctx: &StageContext, exit_code: u8, document: Option<&serde_json::Value>) {
    let state = report::run_state(exit_code);
    if let Err(error) = run::record_end(ctx, state, exit_code, document).await {
        let reason = errors::describe(&error);
        tracing::warn!(%reason, "the end of the run is not in ops.runs");
    }
}

/// The orchestrator's own report; a failed program's reason is the run's.
fn outcome(ctx: &StageContext, execution: Execution, exit_code: u8) -> anyhow::Result<StageReport> {
    let Execution { runs, cut_short } = execution;
    if let Some(failure) = cut_short {
        return Err(failure.into());
    }
    let mut summary = StageReport::new(ctx);
    for run in &runs {
        let mut step = Step::begin(run.name);
        step.rows = run.report().map_or_else(Rows::default, StageReport::rows);
        step.duration_s = run.attempts.iter().map(report::duration_s).sum();
        summary.steps.push(step);
    }
    summary.quality = runs.iter().find_map(|it| it.report()?.quality);
    summary.status = match exit_code {
        0 => Status::Succeeded,
        errors::EXIT_PARTIAL => Status::Partial,
        errors::EXIT_BLOCKED => Status::Blocked,
        _ => {
            let is_it = |it: &&StageRun| it.end().is_some_and(|end| end.exit_code() == exit_code);
            let name = runs.iter().find(is_it).map_or("run", |it| it.name);
            let message = format!("the run failed in `{name}`; run again when it is mended");
            return Err(Failure { exit_code, message }.into());
        }
    };
    Ok(summary)
}

/// A folder for the programs' reports, removed with the run; a killed run's goes with the next.
struct Scratch(PathBuf);

impl Scratch {
    fn create(ctx: &StageContext) -> anyhow::Result<Self> {
        let path = ctx.config.paths.data_dir.join(".run");
        // The lock is held: nobody else uses it.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("failed to create `{}`", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
