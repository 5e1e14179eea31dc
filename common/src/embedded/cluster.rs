//! One PostgreSQL cluster: making, starting and stopping it with the server's own programs.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use super::account;
use super::binaries::Binaries;
use super::ledger::write_private;
use crate::config::EmbeddedConfig;
use crate::errors::Failure;

/// Where `postmaster.pid` names the port, counted from 0.
const PID_FILE_PORT_LINE: usize = 3;
/// Ports above 32767 are the kernel's to hand out.
const PORTS: std::ops::Range<u16> = 25_432..32_000;
/// A server that was killed is gone only when the system has cleaned up after it.
const START_ATTEMPTS_MAX: usize = 8;
const START_PAUSE: Duration = Duration::from_millis(1_500);
const START_TIMEOUT_S: u32 = 60;

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) home: PathBuf,
    pub(super) binaries: Binaries,
}

impl Cluster {
    pub(super) fn data_directory(&self) -> PathBuf {
        self.home.join("data")
    }

    /// A cluster that is being made.
    fn new_directory(&self) -> PathBuf {
        self.home.join("data.new")
    }

    fn log_file(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    /// `initdb` with a password for its superuser; what a killed run left is replaced.
    pub(super) fn init(
        &self,
        user: &str,
        password: &str,
        config: &EmbeddedConfig,
        extra_settings: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let data = self.new_directory();
        if data.exists() {
            fs::remove_dir_all(&data)
                .with_context(|| format!("failed to remove half-made `{}`", data.display()))?;
        }
        let password_file = self.home.join("initdb-password");
        write_private(&password_file, password.as_bytes())?;
        self.hand_over(&password_file)?;
        let mut command = account::command(&self.binaries.program("initdb"), &self.home)?;
        command
            .arg("--pgdata")
            .arg(&data)
            .arg("--username")
            .arg(user)
            .arg("--pwfile")
            .arg(&password_file)
            .args([
                "--auth=scram-sha-256",
                "--locale=C.UTF-8",
                "--encoding=UTF8",
            ]);
        let outcome = finish(&mut command, "initdb");
        fs::remove_file(&password_file).context("failed to remove initdb's password file")?;
        outcome?;
        self.append_settings(config, extra_settings)
    }

    /// Gives a cluster that was made whole its name.
    pub(super) fn finish_init(&self) -> anyhow::Result<()> {
        let data = self.data_directory();
        fs::rename(self.new_directory(), &data)
            .with_context(|| format!("failed to name `{}`", data.display()))
    }

    fn hand_over(&self, path: &std::path::Path) -> anyhow::Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let home = fs::metadata(&self.home).context("failed to look at the cluster's home")?;
        std::os::unix::fs::chown(path, Some(home.uid()), Some(home.gid()))
            .with_context(|| format!("failed to hand `{}` over", path.display()))
    }

    fn append_settings(
        &self,
        config: &EmbeddedConfig,
        extra_settings: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        use std::io::Write as _;
        let path = self.new_directory().join("postgresql.conf");
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .with_context(|| format!("failed to open `{}`", path.display()))?;
        file.write_all(settings(config, extra_settings).as_bytes())
            .with_context(|| format!("failed to write `{}`", path.display()))
    }

    /// Starts the server on a free port and waits until it answers. One that is still recovering
    /// from a crash is left to it: its port is the answer.
    pub(super) fn start(&self) -> anyhow::Result<u16> {
        if let Some(port) = self.port_in_use()? {
            return Ok(port);
        }
        let mut last = None;
        for port in PORTS.filter(|port| is_free(*port)).take(START_ATTEMPTS_MAX) {
            match self.start_on(port) {
                Ok(()) => return Ok(port),
                Err(error) => {
                    if let Some(port) = self.port_in_use()? {
                        return Ok(port);
                    }
                    tracing::warn!("{error:#}; trying again");
                    last = Some(error);
                    std::thread::sleep(START_PAUSE);
                }
            }
        }
        let error = last.unwrap_or_else(|| Failure::transient("found no free port").into());
        Err(error.context(Failure::transient(format!(
            "the embedded PostgreSQL did not start; its log is `{}`",
            self.log_file().display()
        ))))
    }

    /// The port of the cluster's server where one runs, whatever `server.json` says.
    fn port_in_use(&self) -> anyhow::Result<Option<u16>> {
        let mut status = self.pg_ctl("status")?;
        if finish(status.stdin(Stdio::null()), "pg_ctl status").is_err() {
            return Ok(None);
        }
        let path = self.data_directory().join("postmaster.pid");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        Ok(text
            .lines()
            .nth(PID_FILE_PORT_LINE)
            .and_then(|port| port.parse().ok()))
    }

    fn start_on(&self, port: u16) -> anyhow::Result<()> {
        let mut command = self.pg_ctl("start")?;
        // Its output goes to a file: a server that keeps our pipe open would hang who reads it.
        command
            .arg("--log")
            .arg(self.log_file())
            .args(["--wait", "--timeout", &START_TIMEOUT_S.to_string()])
            .args(["--options", &format!("-p {port}")]);
        finish(&mut command, "pg_ctl start")
    }

    pub(super) fn stop(&self) -> anyhow::Result<()> {
        let mut command = self.pg_ctl("stop")?;
        command.args(["--wait", "--mode", "fast"]);
        finish(&mut command, "pg_ctl stop")
    }

    fn pg_ctl(&self, action: &str) -> anyhow::Result<Command> {
        let mut command = account::command(&self.binaries.program("pg_ctl"), &self.home)?;
        command
            .arg(action)
            .arg("--pgdata")
            .arg(self.data_directory());
        Ok(command)
    }
}

/// Only what differs from PostgreSQL's defaults, each for a reason given in reliability rules:
/// loopback only, dead clients noticed, no row values in the server's log.
fn settings(config: &EmbeddedConfig, extra_settings: &[(&str, &str)]) -> String {
    let EmbeddedConfig {
        shared_buffers_mb,
        wal_size_max_mb,
        work_mem_mb,
        ..
    } = config;
    let mut text = format!(
        "\n# Written by Bullion when the cluster was made\n\
         listen_addresses = '127.0.0.1'\n\
         unix_socket_directories = ''\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_error_verbosity = terse\n\
         # Messages of errors quote values of rows; the programs report them without.\n\
         log_min_messages = log\n\
         log_min_error_statement = panic\n\
         tcp_keepalives_idle = 2\n\
         tcp_keepalives_interval = 1\n\
         tcp_keepalives_count = 3\n\
         tcp_user_timeout = 20000\n\
         shared_buffers = '{shared_buffers_mb}MB'\n\
         max_wal_size = '{wal_size_max_mb}MB'\n\
         work_mem = '{work_mem_mb}MB'\n\
         checkpoint_completion_target = 0.9\n\
         wal_compression = on\n"
    );
    for (key, value) in extra_settings {
        text.push_str(&format!("{key} = {value}\n"));
    }
    text
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn finish(command: &mut Command, name: &str) -> anyhow::Result<()> {
    let output = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("failed to start `{name}`"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let reason = words
        .lines()
        .last()
        .unwrap_or("it gave no reason")
        .to_owned();
    Err(Failure::permanent(format!("`{name}` failed: {reason}")).into())
}
