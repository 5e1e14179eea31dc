//! Does the server answer, how fast, and are the pipeline's tables there?

use std::time::Instant;

use common::{Sql, StageContext, db, errors, sql};
use deadpool_postgres::Object;
use serde::Serialize;

use super::Outcome;
use crate::finding::{Check, Finding, Level, level};
use crate::settings::Settings;

const MEASURE_CONNECTION: Sql = sql!("monitor/measure_connection.sql");

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    status: Level,
    response_time_ms: Option<f64>,
    connections_active: Option<i64>,
}

/// The part of the report, and a connection for the other checks where they can be made.
pub(crate) async fn check(
    ctx: &StageContext,
    settings: &Settings,
) -> (Outcome<Section>, Option<Object>) {
    match measure(ctx).await {
        Ok((client, measured)) => {
            let findings = judge(&measured, settings);
            let section = Section {
                status: level(&findings),
                response_time_ms: Some(measured.response_time_ms),
                connections_active: Some(measured.connections_active),
            };
            let client = measured.is_migrated.then_some(client);
            (Outcome { section, findings }, client)
        }
        Err(error) => {
            let message = format!("the database cannot be used: {}", errors::describe(&error));
            let section = Section {
                status: Level::Error,
                response_time_ms: None,
                connections_active: None,
            };
            (
                Outcome {
                    section,
                    findings: vec![finding(Level::Error, message)],
                },
                None,
            )
        }
    }
}

#[derive(Debug)]
struct Measured {
    response_time_ms: f64,
    connections_active: i64,
    is_migrated: bool,
}

async fn measure(ctx: &StageContext) -> anyhow::Result<(Object, Measured)> {
    let client = ctx.client().await?;
    let clock = Instant::now();
    let row = db::row(&client, MEASURE_CONNECTION, &[]).await?;
    let measured = Measured {
        response_time_ms: (clock.elapsed().as_secs_f64() * 1e5).round() / 1e2,
        connections_active: row.try_get("connections_active")?,
        is_migrated: row.try_get("is_migrated")?,
    };
    Ok((client, measured))
}

fn judge(measured: &Measured, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !measured.is_migrated {
        let message = "the database has none of the pipeline's tables; run `make migrate`";
        findings.push(finding(Level::Error, message.to_owned()));
    }
    if measured.response_time_ms > settings.response_ms_max {
        findings.push(finding(
            Level::Warning,
            format!(
                "the database took {} ms to answer, over {} ms",
                measured.response_time_ms, settings.response_ms_max
            ),
        ));
    }
    findings
}

fn finding(level: Level, message: String) -> Finding {
    Finding::new(Check::DatabaseConnectivity, "database", level, message)
}
