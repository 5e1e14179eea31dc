//! One attempt of one program, as a child process with a deadline.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use common::config::DatabaseUrl;
use common::{StageContext, StageReport, errors, report};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::plan::Stage;
use crate::settings::Settings;
use crate::signals::{Signals, Stop};

/// What one attempt came to.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) end: End,
    /// What the program left; none when it was killed.
    pub(crate) report: Option<StageReport>,
    /// Pause before the next attempt.
    pub(crate) pause: Option<Duration>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Exit(u8),
    /// By a signal: a kill from outside, or the system's out-of-memory killer with SIGKILL.
    Signal(i32),
    /// It met its deadline and was killed.
    Timeout(u64),
    /// The run was stopped, and the program with it.
    Stopped(Stop),
}

impl End {
    /// The exit code that the run takes over.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Exit(code) => code,
            Self::Signal(_) | Self::Timeout(_) => errors::EXIT_PERMANENT,
            Self::Stopped(stop) => stop.failure().exit_code,
        }
    }
}

impl Attempt {
    /// Why the attempt failed, for people.
    pub(crate) fn reason(&self) -> Option<String> {
        let reported = self.report.as_ref().and_then(|it| it.error.clone());
        match self.end {
            End::Exit(0 | errors::EXIT_PARTIAL | errors::EXIT_ANOMALY) => None,
            End::Exit(errors::EXIT_BLOCKED) => Some(reported.unwrap_or_else(|| {
                let warnings = self.report.as_ref().map(|it| it.warnings.join("\n  "));
                format!(
                    "blocked by the data gate\n  {}",
                    warnings.unwrap_or_default()
                )
            })),
            End::Exit(code) => Some(reported.unwrap_or_else(|| format!("ended with {code}"))),
            End::Signal(9) => Some(
                "killed by signal 9: somebody killed it, or the machine ran out of memory \
                 (look into the kernel's log)"
                    .to_owned(),
            ),
            End::Signal(signal) => Some(format!("killed by signal {signal}")),
            End::Timeout(limit_s) => Some(format!(
                "killed after {limit_s} s; raise stage_timeout_s in [orchestrator] if it needs longer"
            )),
            End::Stopped(stop) => Some(stop.failure().message),
        }
    }
}

/// Starts programs of one run.
#[derive(Debug)]
pub(crate) struct Launcher<'a> {
    pub(crate) ctx: &'a StageContext,
    pub(crate) settings: &'a Settings,
    pub(crate) database_url: DatabaseUrl,
    /// Where the programs leave their reports.
    pub(crate) report_dir: PathBuf,
}

impl Launcher<'_> {
    /// Runs the program to its end, its deadline or the run's stop.
    pub(crate) async fn attempt(
        &self,
        stage: &Stage,
        number: u32,
        signals: &mut Signals,
    ) -> anyhow::Result<Attempt> {
        let report_path = self
            .report_dir
            .join(format!("{}.{number}.json", stage.name));
        let started_at = report::now();
        let mut child = self
            .command(stage, &report_path)?
            .spawn()
            .with_context(|| format!("failed to start program `{}`", stage.name))?;
        let deadline = Duration::from_secs(self.settings.stage_timeout_s);
        let end = tokio::select! {
            status = child.wait() => ended(status.context("failed to wait for a program")?),
            () = tokio::time::sleep(deadline) => {
                terminate(&mut child, self.settings.stop_timeout_s).await;
                End::Timeout(deadline.as_secs())
            }
            stop = signals.next() => {
                terminate(&mut child, self.settings.stop_timeout_s).await;
                End::Stopped(stop)
            }
        };
        // A program that was killed, or that failed before its start was done, leaves none.
        let report = report_path
            .is_file()
            .then(|| StageReport::read(&report_path))
            .transpose()?;
        Ok(Attempt {
            number,
            started_at,
            ended_at: report::now(),
            end,
            report,
            pause: None,
        })
    }

    fn command(&self, stage: &Stage, report_path: &Path) -> anyhow::Result<Command> {
        let ctx = self.ctx;
        let folder = std::env::current_exe().context("failed to find the programs' folder")?;
        let program = folder.with_file_name(stage.name);
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(&ctx.config.path)
            .args(["--run-id", &ctx.run_id.to_string()])
            .args(["--business-date", &ctx.business_date.to_string()])
            .args(["--started-at", &ctx.started_at.to_rfc3339()])
            .arg("--report")
            .arg(report_path)
            .args(&stage.arguments)
            // Never on the command line, which everybody on the machine can read.
            .env("DATABASE_URL", &self.database_url.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // Ctrl-C reaches the orchestrator, which stops its child in good order.
            .process_group(0)
            .kill_on_drop(true);
        if ctx.dry_run {
            // No run holds the lock for it; what it would do is in its log lines.
            command.args(["--dry-run", "--log-level", "info"]);
        } else {
            let parent_pid = std::process::id().to_string();
            command.args(["--parent-pid", &parent_pid, "--log-level", "warn"]);
        }
        if let Some(format) = ctx.log_format {
            command.args(["--log-format", format.name()]);
        }
        Ok(command)
    }
}

/// SIGTERM, some time to roll back, then SIGKILL.
pub(crate) async fn terminate(child: &mut Child, limit_s: u64) {
    let pid = child
        .id()
        .and_then(|it| Pid::from_raw(i32::try_from(it).ok()?));
    if let Some(pid) = pid {
        // It may have ended by itself in this moment.
        let _ = kill_process(pid, Signal::TERM);
    }
    let limit = Duration::from_secs(limit_s);
    if tokio::time::timeout(limit, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        tracing::warn!(%error, "a program could not be killed");
    }
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(u8::try_from(code).unwrap_or(errors::EXIT_PERMANENT)),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}
