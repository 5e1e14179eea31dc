//! The form of an event, after <https://openlineage.io/spec/2-0-2/OpenLineage.json>.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use common::report::iso;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// Who says it: this program.
const PRODUCER: &str = concat!("urn:bullion:orchestrator:", env!("CARGO_PKG_VERSION"));
const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// What an event tells of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Start,
    Complete,
    Fail,
    Abort,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
            Self::Abort => "ABORT",
        }
    }
}

/// A facet of the standard: `{"_producer", "_schemaURL", …}`.
pub(super) fn facet(name: &str, version: &str, mut fields: Value) -> Value {
    fields["_producer"] = json!(PRODUCER);
    fields["_schemaURL"] = json!(format!(
        "https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}"
    ));
    fields
}

/// An event without datasets.
pub(super) fn event(kind: Kind, at: DateTime<Utc>, run: Value, job: Value) -> Value {
    json!({
        "eventTime": iso(at),
        "eventType": kind.name(),
        "producer": PRODUCER,
        "schemaURL": EVENT_SCHEMA,
        "run": run,
        "job": job,
        "inputs": [],
        "outputs": [],
    })
}

/// The attempt's own identifier: the same for the same attempt of the same run, as a UUID of
/// version 8 (RFC 9562), which leaves its bytes to us.
pub(super) fn attempt_id(run_id: Uuid, stage: &str, number: u32) -> Uuid {
    let digest = Sha256::new()
        .chain_update(run_id.as_bytes())
        .chain_update(format!("{stage}/{number}"))
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The business date, from midnight to midnight in UTC.
pub(super) fn nominal_time(date: NaiveDate) -> Value {
    let start = date.and_time(NaiveTime::MIN).and_utc();
    facet(
        "NominalTimeRunFacet",
        "1-0-1",
        json!({
            "nominalStartTime": iso(start),
            "nominalEndTime": iso(start + Days::new(1)),
        }),
    )
}

pub(super) fn parent(run_id: Uuid, namespace: &str, name: &str) -> Value {
    let run = json!({ "runId": run_id });
    let job = json!({ "namespace": namespace, "name": name });
    let root = json!({ "run": run, "job": job });
    facet(
        "ParentRunFacet",
        "1-2-0",
        json!({ "run": run, "job": job, "root": root }),
    )
}

pub(super) fn engine(version: &str) -> Value {
    facet(
        "ProcessingEngineRunFacet",
        "1-1-1",
        json!({
            "name": "PostgreSQL",
            "version": version,
            "openlineageAdapterVersion": env!("CARGO_PKG_VERSION"),
        }),
    )
}

pub(super) fn failure(message: &str) -> Value {
    facet(
        "ErrorMessageRunFacet",
        "1-0-1",
        json!({ "message": message, "programmingLanguage": "Rust" }),
    )
}

pub(super) fn job_type(kind: &str) -> Value {
    facet(
        "JobTypeJobFacet",
        "2-0-4",
        json!({ "processingType": "BATCH", "integration": "BULLION", "jobType": kind }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_keeps_its_identifier_and_shares_it_with_no_other() {
        let run_id = Uuid::from_u128(7);
        let first = attempt_id(run_id, "stage", 1);
        assert_eq!(first, attempt_id(run_id, "stage", 1));
        assert_ne!(first, attempt_id(run_id, "stage", 2));
        assert_ne!(first, attempt_id(run_id, "quality", 1));
        assert_eq!(first.get_version_num(), 8);
    }
}
