//! The body of every program's `main`: parse, set up, run, report, exit code.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::FromArgMatches as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::OnceCell;
use tracing::{Instrument as _, Level};

use crate::args::CommonArgs;
use crate::config::Config;
use crate::context::StageContext;
use crate::errors::{self, Failure};
use crate::report::{self, StageReport, Status};
use crate::run::{self, RunLock};
use crate::telemetry;

/// What a program is called and what it needs before it runs.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Name of the program and of its log file.
    pub name: &'static str,
    /// First line of `--help`.
    pub about: &'static str,
    /// Shown below the options.
    pub examples: &'static str,
    /// What it needs.
    pub uses: Uses,
}

/// What a program needs before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uses {
    /// Files only.
    Files,
    /// The migrated database, and no other run at the same time.
    Database,
    /// The database as it is, at any time; it connects when it first asks for a connection.
    DatabaseUnlocked,
    /// Nothing: it opens what it needs, takes the lock and hears signals itself.
    Itself,
}

#[derive(Debug, clap::Parser)]
#[command(version)]
struct Cli<O: clap::Args> {
    #[command(flatten)]
    common: CommonArgs,
    #[command(flatten)]
    options: O,
}

/// Runs one program as a process of its own.
pub fn stage_main<O, F>(program: &Program, run: F) -> ExitCode
where
    O: clap::Args,
    F: AsyncFnOnce(&StageContext, &O) -> anyhow::Result<StageReport>,
{
    stage_main_using(program, |_| program.uses, run)
}

/// As [`stage_main`], for a program of which some sub-commands need less than the others.
pub fn stage_main_using<O, U, F>(program: &Program, uses: U, run: F) -> ExitCode
where
    O: clap::Args,
    U: FnOnce(&O) -> Uses,
    F: AsyncFnOnce(&StageContext, &O) -> anyhow::Result<StageReport>,
{
    let command = <Cli<O> as clap::CommandFactory>::command()
        .name(program.name)
        .about(program.about)
        .after_help(program.examples);
    let cli = match Cli::<O>::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let program = Program {
        uses: uses(&cli.options),
        ..*program
    };
    match try_stage_main(&program, &cli, run) {
        Ok(exit_code) => ExitCode::from(exit_code),
        // Logging was not up yet, so this is the only trace of the failure.
        Err(error) => {
            eprintln!("error: {}", errors::describe(&error));
            ExitCode::from(errors::exit_code(&error))
        }
    }
}

/// `Err` is a failed set-up. A failed run is logged, reported and returned as its exit code.
fn try_stage_main<O, F>(program: &Program, cli: &Cli<O>, run: F) -> anyhow::Result<u8>
where
    O: clap::Args,
    F: AsyncFnOnce(&StageContext, &O) -> anyhow::Result<StageReport>,
{
    follow_parent(&cli.common)?;
    let config = Config::load(&cli.common.config)?;
    let _log_guard = telemetry::init(
        program.name,
        &config.paths.log_dir,
        cli.common.log_format.unwrap_or(config.logging.format),
        cli.common.log_level.unwrap_or(Level::INFO),
        &config.logging.level,
    );
    // One thread runs the program and starts its children: a child that asked to die with its
    // parent dies with the thread that started it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")?;
    let ctx = context(program, &cli.common, config);
    let span = tracing::info_span!("run", program = program.name, run_id = %ctx.run_id);
    let work = interruptible(program.uses, guarded(program, cli, &ctx, run));
    let work = work.instrument(span.clone());
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(work)))
        .unwrap_or_else(|panic| Err(describe_panic(panic.as_ref())));
    let _entered = span.enter();
    finish(&ctx, &cli.common, outcome)
}

fn context(program: &Program, args: &CommonArgs, config: Config) -> StageContext {
    let started_at = args.started_at.unwrap_or_else(report::now);
    StageContext {
        program: program.name,
        run_id: args.run_id.unwrap_or_else(run::new_run_id),
        business_date: args
            .business_date
            .unwrap_or_else(|| started_at.date_naive()),
        started_at,
        dry_run: args.dry_run,
        output: args.output,
        log_format: args.log_format,
        config,
        database: Arc::new(OnceCell::new()),
    }
}

/// Migrates and locks where the program needs it, runs it, and records its end.
async fn guarded<O, F>(
    program: &Program,
    cli: &Cli<O>,
    ctx: &StageContext,
    run: F,
) -> anyhow::Result<StageReport>
where
    O: clap::Args,
    F: AsyncFnOnce(&StageContext, &O) -> anyhow::Result<StageReport>,
{
    if program.uses != Uses::Database {
        let is_alone = program.uses == Uses::Files && !ctx.dry_run;
        // Raw files must not change under a run that reads them.
        let _lock = (is_alone && cli.common.parent_pid.is_none())
            .then(|| run::lock_file(ctx))
            .transpose()?;
        return run(ctx, &cli.options).await;
    }
    if ctx.dry_run {
        crate::database::check_migrated(&ctx.client().await?).await?;
    } else {
        crate::database::migrate(&mut ctx.client().await?).await?;
    }
    if cli.common.parent_pid.is_some() {
        run::check_parent(ctx).await?;
        return run(ctx, &cli.options).await;
    }
    let _lock = RunLock::acquire(ctx).await?;
    let outcome = run(ctx, &cli.options).await;
    if ctx.dry_run {
        return outcome;
    }
    let (state, exit_code) = match &outcome {
        Ok(report) => (run::state_of(report.status), report.status.exit_code()),
        Err(error) => ("failed", errors::exit_code(error)),
    };
    if let Err(error) = run::record_end(ctx, state, exit_code, None).await {
        let reason = errors::describe(&error);
        tracing::warn!(%reason, "the end of the run was not recorded");
    }
    outcome
}

/// Ends the work at a signal: what was not committed is rolled back as the connection closes.
async fn interruptible(
    uses: Uses,
    work: impl Future<Output = anyhow::Result<StageReport>>,
) -> anyhow::Result<StageReport> {
    if uses == Uses::Itself {
        return work.await;
    }
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for signals")?;
    let stopped = |exit_code, name| {
        let message = format!("stopped by {name}; what was not finished is taken back");
        Err(Failure { exit_code, message }.into())
    };
    tokio::select! {
        outcome = work => outcome,
        _ = interrupt.recv() => stopped(errors::EXIT_INTERRUPTED, "SIGINT"),
        _ = terminate.recv() => stopped(errors::EXIT_TERMINATED, "SIGTERM"),
    }
}

fn finish(
    ctx: &StageContext,
    args: &CommonArgs,
    outcome: anyhow::Result<StageReport>,
) -> anyhow::Result<u8> {
    let mut report = outcome.unwrap_or_else(|error| {
        let reason = errors::describe(&error);
        tracing::error!("{reason}");
        StageReport::failed(ctx, &error)
    });
    if report.status != Status::Failed {
        report.exit_code = report.status.exit_code();
    }
    report.peak_memory_bytes = peak_memory_bytes();
    if let Some(path) = &args.report {
        report::write_json(path, &report)?;
    }
    if args.output == crate::OutputFormat::Json {
        let json = serde_json::to_string_pretty(&report).context("failed to print the report")?;
        write_stdout(&json)?;
    }
    Ok(report.exit_code)
}

fn write_stdout(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{text}").context("failed to write to stdout")
}

/// A child of the orchestrator dies with it, so that no stage goes on without its lock.
fn follow_parent(args: &CommonArgs) -> anyhow::Result<()> {
    let Some(parent_pid) = args.parent_pid else {
        return Ok(());
    };
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .context("failed to follow the orchestrator")?;
    // It may have died before the line above.
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    if parent != i32::try_from(parent_pid).ok() {
        return Err(Failure::locked("the orchestrator that started this program is gone").into());
    }
    Ok(())
}

fn describe_panic(panic: &(dyn Any + Send)) -> anyhow::Error {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Failure::permanent(format!("a defect of Bullion stopped the program: {words}")).into()
}

/// Largest resident memory of this process so far, after proc(5), `VmHWM`.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
