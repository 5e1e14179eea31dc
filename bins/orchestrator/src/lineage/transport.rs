//! Events on their way: a thread of their own, so that no run waits for an endpoint.
//!
//! Invariant: nothing here fails a run. Who cannot be told costs one warning.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

use common::config::Secret;
use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// Events that may wait; a run has about twenty.
const WAITING_MAX: usize = 1_000;
/// After so many failures in a row the endpoint is left alone for the rest of the run.
const FAILURES_MAX: u32 = 2;
/// Longest wait at the end of a run for what is under way.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// Where events end.
pub(super) enum Sink {
    File(PathBuf),
    Http(Box<Endpoint>),
}

/// An endpoint and how it is called.
pub(super) struct Endpoint {
    agent: Agent,
    url: String,
    key: Option<Secret>,
}

/// The thread that delivers.
pub(super) struct Courier {
    sender: SyncSender<String>,
    is_done: Receiver<()>,
}

impl Courier {
    /// None where the system gives no thread.
    pub(super) fn start(sink: Sink) -> Option<Self> {
        let (sender, events) = sync_channel(WAITING_MAX);
        let (done, is_done) = channel();
        let work = move || {
            deliver(&sink, &events);
            let _ = done.send(());
        };
        match std::thread::Builder::new()
            .name("lineage".to_owned())
            .spawn(work)
        {
            Ok(_) => Some(Self { sender, is_done }),
            Err(error) => {
                tracing::warn!(%error, "lineage events of this run are lost");
                None
            }
        }
    }

    pub(super) fn send(&self, event: String) {
        // A full queue means an endpoint that hangs, of which the thread tells.
        let _ = self.sender.try_send(event);
    }

    /// Waits for what is under way, for a limited time.
    pub(super) fn finish(self) {
        let Self { sender, is_done } = self;
        drop(sender);
        if is_done.recv_timeout(FLUSH_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("lineage events of this run are late and left behind");
        }
    }
}

fn deliver(sink: &Sink, events: &Receiver<String>) {
    let (mut failures, mut has_warned) = (0, false);
    for event in events {
        if failures >= FAILURES_MAX {
            continue;
        }
        match sink.put(&event) {
            Ok(()) => failures = 0,
            Err(reason) => {
                failures += 1;
                if !has_warned {
                    tracing::warn!(reason, "lineage events of this run may be missing");
                }
                has_warned = true;
            }
        }
    }
}

impl Sink {
    fn put(&self, event: &str) -> Result<(), String> {
        match self {
            Self::File(path) => append(path, event)
                .map_err(|error| format!("failed to write `{}`: {error}", path.display())),
            Self::Http(endpoint) => endpoint.post(event),
        }
    }
}

/// One line, in one write, so that two programs that append never share a line.
fn append(path: &Path, event: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{event}\n").as_bytes())
}

impl Endpoint {
    pub(super) fn new(url: &str, timeout_ms: u64, key: Option<Secret>) -> Self {
        let mut builder = Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(timeout_ms)))
            .max_redirects(0)
            .user_agent(concat!("bullion/", env!("CARGO_PKG_VERSION")));
        if url.starts_with("https") {
            builder = builder.tls_config(tls());
        }
        Self {
            agent: builder.build().into(),
            url: url.to_owned(),
            key,
        }
    }

    fn post(&self, event: &str) -> Result<(), String> {
        let mut request = self.agent.post(&self.url).content_type("application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {}", key.0));
        }
        request
            .send(event)
            .map_err(|error| format!("`{}`: {error}", self.url))?;
        Ok(())
    }
}

/// The system's authorities, with the same cryptography as everywhere.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> = found
        .certs
        .iter()
        .map(|it| Certificate::from_der(it.as_ref()).to_owned())
        .collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build()
}
