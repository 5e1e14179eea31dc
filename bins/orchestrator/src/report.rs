//! `pipeline_execution_report.json`, after `pipeline_execution_report.v1.schema.json`.

use chrono::{Days, NaiveTime};
use common::report::{self, iso};
use common::{StageContext, StageReport, Status, Step, errors, run};
use serde_json::{Map, Value, json};

use crate::RunOptions;
use crate::child::{Attempt, End};
use crate::execution::{Execution, StageRun};

/// The report of a run that has ended.
pub(crate) fn build(
    ctx: &StageContext,
    options: &RunOptions,
    execution: &Execution,
    exit_code: u8,
) -> Value {
    let runs = execution.runs.as_slice();
    let ended_at = report::now();
    let duration = ended_at - ctx.started_at;
    let mut steps = Map::new();
    for run in runs {
        steps.insert(run.name.to_owned(), step(run));
    }
    let results: Vec<Value> = runs.iter().flat_map(results).collect();
    let quality = runs.iter().find_map(|it| it.report()?.quality);
    json!({
        "pipeline_execution_id": run::display_id(ctx),
        "start_time": iso(ctx.started_at),
        "end_time": iso(ended_at),
        "total_duration_seconds": seconds(duration),
        "status": run_status(exit_code),
        "exit_code": exit_code,
        "steps_executed": steps,
        "data_quality_summary": quality.map_or_else(
            || json!({ "quality_score": null, "critical_issues": null }),
            |it| json!({
                "quality_score": it.quality_score,
                "critical_issues": it.critical_issues,
            }),
        ),
        "errors": errors_of(execution),
        "warnings": warnings_of(runs),
        "metadata": ctx.metadata(),
        "args": args(ctx, options),
        "data_interval": interval(ctx),
        "backfill_id": null,
        "results": results,
    })
}

/// Keeps the report of a run that was refused in the history; the latest stays the running one's.
pub(crate) fn keep_refused(
    ctx: &StageContext,
    options: &RunOptions,
    error: &anyhow::Error,
) -> anyhow::Result<()> {
    let nothing = Execution {
        runs: Vec::new(),
        cut_short: None,
    };
    let mut document = build(ctx, options, &nothing, errors::exit_code(error));
    document["errors"] = json!([errors::describe(error)]);
    let name = format!(
        "{}_{}.json",
        ctx.started_at.format("%Y%m%dT%H%M%SZ"),
        ctx.run_id
    );
    let folder = ctx
        .config
        .paths
        .processed_dir()
        .join("history/pipeline_execution_report");
    report::write_json(&folder.join(name), &document)
}

/// `status` of the report.
pub(crate) fn run_status(exit_code: u8) -> &'static str {
    match exit_code {
        0 => "success",
        errors::EXIT_PARTIAL => "partial",
        errors::EXIT_LOCKED => "lock_held",
        errors::EXIT_INTERRUPTED | errors::EXIT_TERMINATED => "cancelled",
        _ => "failed",
    }
}

/// State in `ops.runs`.
pub(crate) fn run_state(exit_code: u8) -> &'static str {
    match exit_code {
        0 => "succeeded",
        errors::EXIT_PARTIAL => "partial",
        errors::EXIT_BLOCKED => "blocked",
        errors::EXIT_INTERRUPTED | errors::EXIT_TERMINATED => "cancelled",
        _ => "failed",
    }
}

/// Status of one program: of its last attempt, or skipped when there was none.
pub(crate) fn step_status(end: Option<End>) -> &'static str {
    match end {
        None => "skipped",
        Some(End::Exit(0)) => "success",
        Some(End::Exit(errors::EXIT_PARTIAL | errors::EXIT_ANOMALY)) => "partial",
        Some(End::Stopped(_)) => "cancelled",
        Some(End::Exit(_) | End::Signal(_) | End::Timeout(_)) => "failed",
    }
}

fn step(run: &StageRun) -> Value {
    let rows = run.report().map(StageReport::rows).unwrap_or_default();
    let duration: f64 = run.attempts.iter().map(duration_s).sum();
    json!({
        "status": step_status(run.end()),
        "duration_seconds": round(duration),
        "records_processed": rows.input.max(rows.written()),
        "retry_attempts": run.attempts.len().saturating_sub(1),
        "error_message": run.attempts.last().and_then(Attempt::reason),
        "rows": rows,
        "nothing_to_do": run.report().is_some_and(|it| it.status == Status::NothingToDo),
        "peak_memory_bytes": run.report().and_then(|it| it.peak_memory_bytes),
    })
}

/// One result for each program, and one for each step that it reported.
fn results(run: &StageRun) -> Vec<Value> {
    let mut found = vec![stage_result(run)];
    let steps = run
        .report()
        .map(|it| it.steps.as_slice())
        .unwrap_or_default();
    found.extend(steps.iter().map(|step| step_result(run.name, step)));
    found
}

fn stage_result(run: &StageRun) -> Value {
    let rows = run.report().map(StageReport::rows).unwrap_or_default();
    let status = match step_status(run.end()) {
        "success"
            if run
                .report()
                .is_some_and(|it| it.status == Status::NothingToDo) =>
        {
            "no-op"
        }
        "success" => "success",
        "partial" => "partial success",
        "skipped" => "skipped",
        _ => "error",
    };
    let timing: Vec<Value> = run
        .attempts
        .iter()
        .map(|it| {
            json!({
                "name": format!("attempt {}", it.number),
                "started_at": iso(it.started_at),
                "completed_at": iso(it.ended_at),
            })
        })
        .collect();
    json!({
        "unique_id": format!("stage.{}", run.name),
        "status": status,
        "timing": timing,
        "thread_id": "main",
        "execution_time": round(run.attempts.iter().map(duration_s).sum()),
        "adapter_response": { "rows_affected": rows.written() },
        "message": run.attempts.last().and_then(Attempt::reason),
        "failures": null,
        "relation_name": null,
        "rows": rows,
        "attempts": run.attempts.iter().map(attempt).collect::<Vec<Value>>(),
    })
}

fn step_result(stage: &str, step: &Step) -> Value {
    let ended_at = step.started_at + chrono::Duration::milliseconds(milliseconds(step.duration_s));
    json!({
        "unique_id": format!("stage.{stage}.{}", step.name.replace(' ', "_")),
        "status": "success",
        "timing": [{
            "name": "execute",
            "started_at": iso(step.started_at),
            "completed_at": iso(ended_at),
        }],
        "thread_id": "main",
        "execution_time": round(step.duration_s),
        "adapter_response": { "rows_affected": step.rows.written() },
        "message": null,
        "failures": null,
        "relation_name": step.relation,
        "rows": step.rows,
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let (outcome, class) = match attempt.end {
        End::Exit(0 | errors::EXIT_PARTIAL | errors::EXIT_ANOMALY) => ("ok", None),
        End::Exit(errors::EXIT_TRANSIENT) => ("transient", Some("infrastructure".to_owned())),
        End::Exit(code) => ("terminal", Some(format!("exit_{code}"))),
        End::Signal(signal) => ("terminal", Some(format!("signal_{signal}"))),
        End::Timeout(_) => ("terminal", Some("timeout".to_owned())),
        End::Stopped(_) => ("terminal", Some("stopped".to_owned())),
    };
    let sleep_ms = attempt
        .pause
        .map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
    json!({
        "n": attempt.number,
        "started_at": iso(attempt.started_at),
        "outcome": outcome,
        "error_class": class,
        "sleep_ms": sleep_ms,
    })
}

/// Why the run failed, for people.
pub(crate) fn errors_of(execution: &Execution) -> Vec<String> {
    let of_run = |run: &StageRun| {
        let reason = run.attempts.last()?.reason()?;
        Some(format!("{}: {reason}", run.name))
    };
    let cut_short = execution.cut_short.iter().map(|it| it.message.clone());
    execution
        .runs
        .iter()
        .filter_map(of_run)
        .chain(cut_short)
        .collect()
}

fn warnings_of(runs: &[StageRun]) -> Vec<String> {
    let of_run = |run: &StageRun| -> Vec<String> {
        let warnings = run
            .report()
            .map(|it| it.warnings.clone())
            .unwrap_or_default();
        warnings
            .into_iter()
            .map(|it| format!("{}: {it}", run.name))
            .collect()
    };
    runs.iter().flat_map(of_run).collect()
}

fn args(ctx: &StageContext, options: &RunOptions) -> Value {
    json!({
        "command": "run",
        "source": options.source,
        "data": options.data,
        "skip": options.skip,
        "accept_gate": options.accept_gate,
        "replay": options.replay,
        "dry_run": ctx.dry_run,
    })
}

/// The business date, midnight to midnight in UTC.
fn interval(ctx: &StageContext) -> Value {
    let start = ctx.business_date.and_time(NaiveTime::MIN).and_utc();
    json!({ "start": iso(start), "end": iso(start + Days::new(1)) })
}

/// How long an attempt took.
pub(crate) fn duration_s(attempt: &Attempt) -> f64 {
    seconds(attempt.ended_at - attempt.started_at)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a run fit into 52 bits"
)]
fn seconds(duration: chrono::Duration) -> f64 {
    duration.num_milliseconds().max(0) as f64 / 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a step does not last for 292 million years"
)]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1_000.0) as i64
}

/// To milliseconds.
fn round(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
