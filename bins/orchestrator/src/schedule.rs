//! The service: a run whenever the schedule says so, each in a process of its own.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Stdio;

use anyhow::Context as _;
use common::{Failure, StageContext, StageReport, report};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::RunOptions;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{child, console};

/// Runs until a signal ends the service.
///
/// # Errors
/// Exit code 2 for a schedule that does not parse.
pub(crate) async fn run(ctx: &StageContext, options: &RunOptions) -> anyhow::Result<StageReport> {
    let settings = Settings::load(ctx)?;
    let for_one_run = [
        ("--accept-gate", options.accept_gate.is_some()),
        ("--replay", options.replay),
    ];
    if let Some((flag, _)) = for_one_run.into_iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!(
            "{flag} is a decision on one run; use it with `orchestrator run`"
        ))
        .into());
    }
    let mut signals = Signals::listen()?;
    // One tick may wait; those that come while a run is on and one waits are one.
    let (sender, mut ticks) = mpsc::channel(1);
    let job = Job::new(settings.schedule.as_str(), move |_, _| {
        let _ = sender.try_send(());
    })
    .map_err(|error| {
        Failure::usage(format!(
            "[orchestrator] schedule `{}`: {error}",
            settings.schedule
        ))
    })?;
    let mut scheduler = JobScheduler::new()
        .await
        .context("failed to make the scheduler")?;
    scheduler
        .add(job)
        .await
        .context("failed to add the schedule")?;
    scheduler
        .start()
        .await
        .context("failed to start the scheduler")?;
    console::say(
        ctx,
        &format!(
            "waiting for `{}` (UTC); stop with Ctrl-C",
            settings.schedule
        ),
    )?;
    loop {
        tokio::select! {
            Some(()) = ticks.recv() => run_once(ctx, &settings, options, &mut signals).await?,
            stop = signals.next() => {
                scheduler.shutdown().await.context("failed to stop the scheduler")?;
                return Err(stop.failure().into());
            }
        }
    }
}

/// `orchestrator run` as a child, so that a run by the service equals a run by hand.
async fn run_once(
    ctx: &StageContext,
    settings: &Settings,
    options: &RunOptions,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    note(ctx, "run begins")?;
    let program = std::env::current_exe().context("failed to find this program")?;
    let mut command = Command::new(program);
    command.arg("run").arg("--config").arg(&ctx.config.path);
    for source in &options.source {
        command.args(["--source", source]);
    }
    for name in &options.skip {
        command.args(["--skip", name]);
    }
    if let Some(folder) = &options.data {
        command.arg("--data").arg(folder);
    }
    if let Some(format) = ctx.log_format {
        command.args(["--log-format", format.name()]);
    }
    if ctx.dry_run {
        command.arg("--dry-run");
    }
    // A terminal's Ctrl-C reaches the service, which stops the run in good order.
    command
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().context("failed to start a run")?;
    let status = tokio::select! {
        status = child.wait() => status.context("failed to wait for a run")?,
        stop = signals.next() => {
            // The run stops its own program first, which may take as long again.
            child::terminate(&mut child, 2 * settings.stop_timeout_s).await;
            note(ctx, "run stopped")?;
            return Err(stop.failure().into());
        }
    };
    note(ctx, &format!("run ended: {status}"))
}

/// One line in `scheduler_activity.log`, which outlives the daily files.
fn note(ctx: &StageContext, text: &str) -> anyhow::Result<()> {
    let path = ctx.config.paths.log_dir.join("scheduler_activity.log");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("failed to open `{}`", path.display()))?;
    writeln!(file, "{} {text}", report::iso(report::now()))
        .with_context(|| format!("failed to write `{}`", path.display()))
}
