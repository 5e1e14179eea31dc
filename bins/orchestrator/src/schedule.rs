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
use crate::console;
use crate::settings::Settings;
use crate::signals::Signals;

/// Runs until a signal ends the service.
///
/// # Errors
/// Exit code 2 for a schedule that does not parse.
pub(crate) async fn run(ctx: &StageContext, options: &RunOptions) -> anyhow::Result<StageReport> {
    let settings = Settings::load(ctx)?;
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
    console::say(&format!(
        "waiting for `{}` (UTC); stop with Ctrl-C",
        settings.schedule
    ))?;
    loop {
        tokio::select! {
            Some(()) = ticks.recv() => run_once(ctx, options, &mut signals).await?,
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
    options: &RunOptions,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    note(ctx, "run begins")?;
    let program = std::env::current_exe().context("failed to find this program")?;
    let mut child = Command::new(program)
        .arg("run")
        .arg("--config")
        .arg(&ctx.config.path)
        .args(
            options
                .source
                .iter()
                .flat_map(|it| ["--source", it.as_str()]),
        )
        .args(options.skip.iter().flat_map(|it| ["--skip", it.as_str()]))
        .args(
            options
                .data
                .iter()
                .flat_map(|it| [std::ffi::OsStr::new("--data"), it.as_os_str()]),
        )
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("failed to start a run")?;
    let status = tokio::select! {
        status = child.wait() => status.context("failed to wait for a run")?,
        stop = signals.next() => {
            // The child hears the terminal's signal too; without it, dropping the child ends it.
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
