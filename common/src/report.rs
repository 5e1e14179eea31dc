//! Reports: what a program leaves behind for the orchestrator, and JSON files for consumers.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::atomic;
use crate::context::StageContext;
use crate::errors;

/// What one program did in one run; the orchestrator reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageReport {
    /// The program.
    pub stage: String,
    /// The run.
    pub run_id: Uuid,
    /// How it ended.
    pub status: Status,
    /// What it did, in order.
    pub steps: Vec<Step>,
    /// What a person should look at although the program went on.
    pub warnings: Vec<String>,
    /// Score of the data, where the program judged any.
    pub quality: Option<QualitySummary>,
    /// Why it failed, the whole chain.
    pub error: Option<String>,
    /// Exit code of the process.
    pub exit_code: u8,
    /// Largest resident memory of the process, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// What the program was asked to find out, where that was its task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<serde_json::Value>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All was done.
    Succeeded,
    /// There was nothing new.
    NothingToDo,
    /// Some sources were done, others not.
    Partial,
    /// The data gate refused everything.
    Blocked,
    /// `monitor` found an anomaly or something overdue.
    Anomaly,
    /// It failed; `error` says why.
    Failed,
}

impl Status {
    /// The exit code of a program that ended so; a failed one knows its own.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded | Self::NothingToDo => 0,
            Self::Partial => errors::EXIT_PARTIAL,
            Self::Blocked => errors::EXIT_BLOCKED,
            Self::Anomaly => errors::EXIT_ANOMALY,
            Self::Failed => errors::EXIT_PERMANENT,
        }
    }
}

/// The score of the data and the number of critical checks that failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QualitySummary {
    /// 0 to 100; absent when nothing was judged.
    pub quality_score: Option<f64>,
    /// Failed checks of severity critical.
    pub critical_issues: u64,
}

/// Rows by what happened to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Rows looked at.
    #[serde(rename = "in")]
    pub input: u64,
    /// New rows.
    pub inserted: u64,
    /// Rows that changed.
    pub updated: u64,
    /// Rows that went.
    pub deleted: u64,
    /// Rows held back.
    pub quarantined: u64,
    /// Rows that were there already.
    pub unchanged: u64,
}

impl Rows {
    /// Rows that were written.
    pub fn written(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }
}

impl std::fmt::Display for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} rows in", self.input)?;
        let parts = [
            ("inserted", self.inserted),
            ("updated", self.updated),
            ("deleted", self.deleted),
            ("quarantined", self.quarantined),
            ("unchanged", self.unchanged),
        ];
        for (name, count) in parts.iter().filter(|(_, count)| *count > 0) {
            write!(formatter, ", {count} {name}")?;
        }
        Ok(())
    }
}

impl std::ops::AddAssign for Rows {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.quarantined += other.quarantined;
        self.unchanged += other.unchanged;
    }
}

/// One unit of work: a file loaded, a table published, a check run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What was done.
    pub name: String,
    /// The table or file it was done to.
    pub relation: Option<String>,
    /// Rows by what happened to them.
    pub rows: Rows,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub duration_s: f64,
    #[serde(skip)]
    clock: Option<Instant>,
}

impl Step {
    /// Starts the step's clock.
    pub fn begin(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            relation: None,
            rows: Rows::default(),
            started_at: now(),
            duration_s: 0.0,
            clock: Some(Instant::now()),
        }
    }

    /// Names the table or file that the step writes.
    #[must_use]
    pub fn relation(mut self, relation: impl Into<String>) -> Self {
        self.relation = Some(relation.into());
        self
    }

    /// Stops the step's clock; its rows are told later.
    #[must_use]
    pub fn stop(mut self) -> Self {
        if let Some(clock) = self.clock.take() {
            self.duration_s = clock.elapsed().as_secs_f64();
        }
        self
    }
}

impl StageReport {
    /// An empty report of success.
    pub fn new(ctx: &StageContext) -> Self {
        Self {
            stage: ctx.program.to_owned(),
            run_id: ctx.run_id,
            status: Status::Succeeded,
            steps: Vec::new(),
            warnings: Vec::new(),
            quality: None,
            error: None,
            exit_code: 0,
            peak_memory_bytes: None,
            findings: None,
        }
    }

    /// What is left of a program that stopped early: its work was rolled back, so no steps.
    pub(crate) fn failed(ctx: &StageContext, error: &anyhow::Error) -> Self {
        Self {
            status: Status::Failed,
            error: Some(errors::describe(error)),
            exit_code: errors::exit_code(error),
            ..Self::new(ctx)
        }
    }

    /// Stops the step's clock, logs it and keeps it.
    pub fn finish(&mut self, step: Step, rows: Rows) {
        let step = Step {
            rows,
            ..step.stop()
        };
        let duration_ms = (step.duration_s * 1_000.0).round();
        tracing::info!(
            step.relation = step.relation.as_deref(),
            step.rows_in = rows.input,
            step.inserted = rows.inserted,
            step.updated = rows.updated,
            step.deleted = rows.deleted,
            step.quarantined = rows.quarantined,
            step.unchanged = rows.unchanged,
            step.duration_ms = duration_ms,
            "{}: {rows} ({duration_ms} ms)",
            step.name
        );
        self.steps.push(step);
    }

    /// Adds a line for people, and logs it.
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        tracing::warn!("{warning}");
        self.warnings.push(warning);
    }

    /// Rows over all steps.
    pub fn rows(&self) -> Rows {
        let mut total = Rows::default();
        for step in &self.steps {
            total += step.rows;
        }
        total
    }

    /// Reads a report that a child left.
    ///
    /// # Errors
    /// When the file is missing or is no report.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let json = std::fs::read(path)
            .with_context(|| format!("failed to read report `{}`", path.display()))?;
        serde_json::from_slice(&json)
            .with_context(|| format!("failed to parse report `{}`", path.display()))
    }
}

/// The `metadata` object of every published report.
#[derive(Debug, Clone, Serialize)]
pub struct ReportMetadata {
    /// Version of the report's schema.
    pub schema_version: &'static str,
    /// Version of Bullion.
    pub tool_version: &'static str,
    /// When the report was written.
    pub generated_at: String,
    /// The run.
    pub invocation_id: Uuid,
    /// Start of the run.
    pub invocation_started_at: String,
    /// Commit that the programs were built from; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_sha: Option<&'static str>,
    /// SHA-256 of the effective settings, without secrets.
    pub config_hash: String,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Nothing yet; readers expect the key.
    pub env: serde_json::Map<String, serde_json::Value>,
}

impl StageContext {
    /// Who wrote a report, when and with which settings.
    pub fn metadata(&self) -> ReportMetadata {
        ReportMetadata {
            schema_version: "1",
            tool_version: env!("CARGO_PKG_VERSION"),
            generated_at: iso(now()),
            invocation_id: self.run_id,
            invocation_started_at: iso(self.started_at),
            git_sha: option_env!("BULLION_GIT_SHA"),
            config_hash: self.config.hash().to_owned(),
            host: host(),
            env: serde_json::Map::new(),
        }
    }
}

/// The machine's name, where the system tells it.
pub fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}

/// ISO 8601 in UTC with milliseconds.
pub fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The clock, for records of what happened when; business meaning comes from the context.
pub fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Writes a value as JSON, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(value).context("failed to serialize a report")?;
    json.push(b'\n');
    atomic::write(path, &json)
}

/// Writes `data/processed/<name>.json` and this run's own copy in the history beside it.
///
/// # Errors
/// When one of the files cannot be written.
pub fn publish(ctx: &StageContext, name: &str, value: &impl Serialize) -> anyhow::Result<PathBuf> {
    let [own, latest] = places(ctx, name, "json");
    write_json(&own, value)?;
    write_json(&latest, value)?;
    Ok(latest)
}

/// Writes `data/processed/<name>.html`, what a report says to people, and this run's own copy
/// where [`publish`] keeps that of the JSON.
///
/// # Errors
/// When one of the files cannot be written.
pub fn publish_page(ctx: &StageContext, name: &str, html: &str) -> anyhow::Result<PathBuf> {
    let [own, latest] = places(ctx, name, "html");
    atomic::write(&own, html.as_bytes())?;
    atomic::write(&latest, html.as_bytes())?;
    Ok(latest)
}

/// Where this run's own copy of a report lies, and where the latest.
fn places(ctx: &StageContext, name: &str, ending: &str) -> [PathBuf; 2] {
    let folder = ctx.config.paths.processed_dir();
    let started = ctx.started_at.format("%Y%m%dT%H%M%SZ");
    let own = format!("{started}_{}.{ending}", ctx.run_id);
    [
        folder.join("history").join(name).join(own),
        folder.join(format!("{name}.{ending}")),
    ]
}
