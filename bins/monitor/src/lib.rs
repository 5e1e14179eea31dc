//! Tells how the pipeline and its data are doing.
//!
//! Goes in: `ops.*`, the catalog, orders per day. Comes out: `data/processed/monitoring_report.json`
//! and an exit code.
//!
//! Architecture invariant: it only reads, takes no lock, and its report is written whatever it
//! finds, above all when the server is down. An error-level finding ends it with 7, a warning
//! with 0.

mod alerts;
mod checks;
mod finding;
mod settings;

use common::report::{self, ReportMetadata, iso};
use common::{Program, Rows, StageContext, StageReport, Status, Step, Uses, errors};
use deadpool_postgres::Object;
use serde::Serialize;

use alerts::Alert;
use checks::{Outcome, connectivity, execution, freshness, quality, volume};
use finding::{Check, Finding, Health, Level};
pub use settings::{Basis, Expectation, Settings};

/// How this program is started.
pub const PROGRAM: Program = Program {
    name: "monitor",
    about: env!("CARGO_PKG_DESCRIPTION"),
    examples: "Examples:\n  monitor\n  monitor --output json\n\nExit codes: 0 healthy or with \
               warnings, 7 something is wrong or overdue\n",
    uses: Uses::DatabaseUnlocked,
};

const REPORT_NAME: &str = "monitoring_report";

// The program has no flags of its own.
#[expect(
    missing_docs,
    reason = "a comment would replace the program's own help"
)]
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Options {}

/// `monitoring_report.json`.
#[derive(Debug, Serialize)]
struct Document {
    monitoring_timestamp: String,
    pipeline_health: Health,
    overall_health_score: f64,
    metadata: ReportMetadata,
    checks: Checks,
    alerts: Vec<Alert>,
}

#[derive(Debug, Serialize)]
struct Checks {
    last_execution: execution::Section,
    data_freshness: freshness::Section,
    data_volume_anomalies: volume::Section,
    data_quality: quality::Section,
    database_connectivity: connectivity::Section,
}

/// Makes the checks and writes the report.
///
/// # Errors
/// Bad settings, or a report that cannot be written.
pub async fn run(ctx: &StageContext, _options: &Options) -> anyhow::Result<StageReport> {
    let settings: Settings = ctx.config.section("monitor")?;
    let settings = settings.validated()?;
    let mut report = StageReport::new(ctx);
    let (checks, findings, is_connected) = check_all(ctx, &settings, &mut report).await;
    let (score, health) = finding::health(&findings);
    let timestamp = iso(ctx.started_at);
    let latest = ctx
        .config
        .paths
        .processed_dir()
        .join(format!("{REPORT_NAME}.json"));
    let alerts = alerts::follow_up(
        alerts::previous(&latest),
        &findings,
        &timestamp,
        |check_name| is_connected || check_name == Check::DatabaseConnectivity.name(),
    );
    let document = Document {
        monitoring_timestamp: timestamp,
        pipeline_health: health,
        overall_health_score: score,
        metadata: ctx.metadata(),
        checks,
        alerts,
    };
    tracing::info!(
        ?health,
        score,
        findings = findings.len(),
        "health of the pipeline"
    );
    if !ctx.dry_run {
        report::publish(ctx, REPORT_NAME, &document)?;
    }
    if finding::level(&findings) == Level::Error {
        report.status = Status::Anomaly;
    }
    for finding in findings {
        report.warn(finding.message);
    }
    Ok(report)
}

/// Connectivity first: without it the others are not known.
async fn check_all(
    ctx: &StageContext,
    settings: &Settings,
    report: &mut StageReport,
) -> (Checks, Vec<Finding>, bool) {
    let step = Step::begin(format!("check {}", Check::DatabaseConnectivity.name()));
    let (connectivity, client) = connectivity::check(ctx, settings).await;
    report.finish(step, Rows::default());
    let mut findings = connectivity.findings;
    let is_connected = client.is_some();
    let mut notes = Notes {
        report,
        findings: &mut findings,
    };
    let checks = match &client {
        Some(client) => check_data(client, ctx, settings, &mut notes, connectivity.section).await,
        None => Checks {
            last_execution: execution::unknown(settings),
            data_freshness: freshness::unknown(),
            data_volume_anomalies: volume::unknown(),
            data_quality: quality::unknown(),
            database_connectivity: connectivity.section,
        },
    };
    (checks, findings, is_connected)
}

/// Where checks leave what they found.
struct Notes<'a> {
    report: &'a mut StageReport,
    findings: &'a mut Vec<Finding>,
}

impl Notes<'_> {
    /// A check that the server refuses is a finding like any other: the report is still written.
    fn take<T>(
        &mut self,
        check: Check,
        step: Step,
        outcome: anyhow::Result<Outcome<T>>,
        unknown: impl FnOnce() -> T,
    ) -> T {
        let outcome = outcome.unwrap_or_else(|error| {
            let message = format!(
                "{} was not made: {}",
                check.name(),
                errors::describe(&error)
            );
            let findings = vec![Finding::new(check, "check", Level::Error, message)];
            Outcome {
                section: unknown(),
                findings,
            }
        });
        self.report.finish(step, Rows::default());
        self.findings.extend(outcome.findings);
        outcome.section
    }
}

async fn check_data(
    client: &Object,
    ctx: &StageContext,
    settings: &Settings,
    notes: &mut Notes<'_>,
    database_connectivity: connectivity::Section,
) -> Checks {
    let now = ctx.started_at;
    let begin = |check: Check| (check, Step::begin(format!("check {}", check.name())));

    let (check, step) = begin(Check::LastExecution);
    let outcome = execution::check(client, settings, now).await;
    let last_execution = notes.take(check, step, outcome, || execution::unknown(settings));

    let (check, step) = begin(Check::DataFreshness);
    let outcome = freshness::check(client, settings, now).await;
    let data_freshness = notes.take(check, step, outcome, freshness::unknown);

    let (check, step) = begin(Check::DataVolumeAnomalies);
    let outcome = volume::check(client, settings, now).await;
    let data_volume_anomalies = notes.take(check, step, outcome, volume::unknown);

    let (check, step) = begin(Check::DataQuality);
    let outcome = quality::check(client).await;
    let data_quality = notes.take(check, step, outcome, quality::unknown);

    Checks {
        last_execution,
        data_freshness,
        data_volume_anomalies,
        data_quality,
        database_connectivity,
    }
}
