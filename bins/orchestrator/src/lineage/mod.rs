//! OpenLineage events: what each program of a run read, wrote and came to.
//!
//! Architecture invariants: an event holds names, types and counts, and no value of a row; telling
//! never fails a run nor notably delays it.

mod datasets;
mod event;
mod settings;
mod transport;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::{Sql, StageContext, db, errors, report, sql};
use serde_json::{Map, Value, json};

use self::datasets::Naming;
use self::event::Kind;
pub(crate) use self::settings::Settings;
use self::settings::Transport;
use self::transport::{Courier, Endpoint, Sink};
use crate::child::{Attempt, End};

const READ_VERSION: Sql = sql!("orchestrator/read_server_version.sql");

/// Longest time to ask what a program read and wrote.
const CATALOG_LIMIT: Duration = Duration::from_secs(10);

/// The job that the programs are parts of.
const PIPELINE: &str = "pipeline";

/// The events of one run; silent where nobody asked for them.
pub(crate) struct Lineage {
    namespace: String,
    naming: Naming,
    engine: String,
    /// Folder of the raw files, where the run was told of one.
    data: Option<PathBuf>,
    courier: Option<Courier>,
}

impl Lineage {
    /// Tells that the run begins.
    pub(crate) async fn begin(
        ctx: &StageContext,
        settings: &Settings,
        data: Option<&PathBuf>,
    ) -> Self {
        let (server, database, engine) = match server(ctx).await {
            Ok(known) => known,
            Err(error) => {
                let reason = errors::describe(&error);
                tracing::warn!(
                    reason,
                    "lineage events of this run do not name their server"
                );
                Default::default()
            }
        };
        let namespace = settings.dataset_namespace.clone();
        let lineage = Self {
            namespace: settings.namespace.clone(),
            naming: Naming {
                namespace: namespace.unwrap_or_else(|| format!("postgres://{server}")),
                database,
            },
            engine,
            data: data.cloned(),
            courier: sink(ctx, settings).and_then(Courier::start),
        };
        lineage.tell_pipeline(ctx, Kind::Start, ctx.started_at, "");
        lineage
    }

    /// Tells that an attempt of a program begins.
    pub(crate) fn stage_begins(&self, ctx: &StageContext, stage: &str, number: u32) {
        self.send(|| self.stage_event(ctx, Kind::Start, report::now(), stage, number));
    }

    /// Tells what became of it, with what it read and wrote.
    pub(crate) async fn stage_ended(&self, ctx: &StageContext, stage: &str, attempt: &Attempt) {
        if self.courier.is_none() {
            return;
        }
        let kind = kind_of(attempt.end);
        let mut event = self.stage_event(ctx, kind, attempt.ended_at, stage, attempt.number);
        if let Some(reason) = attempt.reason() {
            event["run"]["facets"]["errorMessage"] = event::failure(&reason);
        }
        // A server that is gone has taken the program with it, and must not take the run's time.
        let asked = tokio::time::timeout(CATALOG_LIMIT, self.datasets(ctx, stage, attempt)).await;
        match asked.unwrap_or_else(|_| Err(anyhow::anyhow!("the catalog took too long"))) {
            Ok((inputs, outputs)) => {
                event["inputs"] = inputs;
                event["outputs"] = outputs;
            }
            Err(error) => {
                let reason = errors::describe(&error);
                tracing::warn!(reason, "the lineage of {stage} does not name its tables");
            }
        }
        self.send(|| event);
    }

    /// Tells what became of the run, and waits a little for what is under way.
    pub(crate) fn finish(self, ctx: &StageContext, exit_code: u8, reason: &str) {
        let kind = match exit_code {
            0 | errors::EXIT_PARTIAL => Kind::Complete,
            errors::EXIT_INTERRUPTED | errors::EXIT_TERMINATED => Kind::Abort,
            _ => Kind::Fail,
        };
        self.tell_pipeline(ctx, kind, report::now(), reason);
        if let Some(courier) = self.courier {
            courier.finish();
        }
    }

    async fn datasets(
        &self,
        ctx: &StageContext,
        stage: &str,
        attempt: &Attempt,
    ) -> anyhow::Result<(Value, Value)> {
        let client = ctx.client().await?;
        let report = attempt.report.as_ref();
        let data = self.data.as_deref();
        datasets::of_stage(ctx, &client, &self.naming, data, stage, report).await
    }

    fn tell_pipeline(&self, ctx: &StageContext, kind: Kind, at: DateTime<Utc>, reason: &str) {
        self.send(|| {
            let mut facets = self.run_facets(ctx);
            if kind != Kind::Complete && !reason.is_empty() {
                facets.insert("errorMessage".to_owned(), event::failure(reason));
            }
            let run = json!({ "runId": ctx.run_id, "facets": facets });
            event::event(kind, at, run, self.job(PIPELINE, "PIPELINE"))
        });
    }

    fn stage_event(
        &self,
        ctx: &StageContext,
        kind: Kind,
        at: DateTime<Utc>,
        stage: &str,
        number: u32,
    ) -> Value {
        let mut facets = self.run_facets(ctx);
        let parent = event::parent(ctx.run_id, &self.namespace, PIPELINE);
        facets.insert("parent".to_owned(), parent);
        let run_id = event::attempt_id(ctx.run_id, stage, number);
        let run = json!({ "runId": run_id, "facets": facets });
        let job = self.job(&format!("{PIPELINE}.{stage}"), "TASK");
        event::event(kind, at, run, job)
    }

    fn run_facets(&self, ctx: &StageContext) -> Map<String, Value> {
        Map::from_iter([
            (
                "nominalTime".to_owned(),
                event::nominal_time(ctx.business_date),
            ),
            ("processing_engine".to_owned(), event::engine(&self.engine)),
        ])
    }

    fn job(&self, name: &str, kind: &str) -> Value {
        json!({
            "namespace": self.namespace,
            "name": name,
            "facets": { "jobType": event::job_type(kind) },
        })
    }

    fn send(&self, event: impl FnOnce() -> Value) {
        if let Some(courier) = &self.courier {
            courier.send(event().to_string());
        }
    }
}

/// `host:port`, database and version.
async fn server(ctx: &StageContext) -> anyhow::Result<(String, String, String)> {
    let place = ctx.database_place().await?;
    let (server, database) = place.rsplit_once('/').unwrap_or((&place, ""));
    let row = db::row(&ctx.client().await?, READ_VERSION, &[]).await?;
    Ok((
        server.to_owned(),
        database.to_owned(),
        row.try_get("server_version")?,
    ))
}

fn sink(ctx: &StageContext, settings: &Settings) -> Option<Sink> {
    match settings.transport {
        Transport::None => None,
        Transport::File => {
            let started = ctx.started_at.format("%Y%m%dT%H%M%SZ");
            let name = format!("{started}_{}.jsonl", ctx.run_id);
            Some(Sink::File(settings.folder(ctx).join(name)))
        }
        Transport::Http => {
            let url = settings.url.as_deref()?;
            let key = ctx.config.lineage_key.clone();
            Some(Sink::Http(Box::new(Endpoint::new(
                url,
                settings.timeout_ms,
                key,
            ))))
        }
    }
}

/// A program that a signal ended did not fail by itself: it was aborted. A gate that blocks is the
/// program's verdict, and what comes after it does not run: a failure, with its assertions.
fn kind_of(end: End) -> Kind {
    match end {
        End::Exit(0 | errors::EXIT_PARTIAL | errors::EXIT_ANOMALY) => Kind::Complete,
        End::Exit(_) | End::Timeout(_) => Kind::Fail,
        End::Signal(_) | End::Stopped(_) => Kind::Abort,
    }
}
