//! Hearing SIGINT and SIGTERM once, for all waits of a run.

use anyhow::Context as _;
use common::{Failure, errors};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// Which of them came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Interrupt,
    Terminate,
}

impl Stop {
    /// The failure that ends the run, with the exit code of the signal.
    pub(crate) fn failure(self) -> Failure {
        let (exit_code, name) = match self {
            Self::Interrupt => (errors::EXIT_INTERRUPTED, "SIGINT"),
            Self::Terminate => (errors::EXIT_TERMINATED, "SIGTERM"),
        };
        let message = format!("stopped by {name}; run again to go on where it stopped");
        Failure { exit_code, message }
    }
}

impl Signals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let explain = "failed to listen for signals";
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context(explain)?,
            terminate: signal(SignalKind::terminate()).context(explain)?,
        })
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Terminate,
        }
    }
}
