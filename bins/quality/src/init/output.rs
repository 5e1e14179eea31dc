//! A drafted contract as YAML, with the keys in the order of our own contracts.

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;

use super::draft::{Draft, Keys};
use super::profile::{Profile, Target};

/// The document of the standard.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    id: &'a str,
    name: &'a str,
    version: &'static str,
    status: &'static str,
    description: Description,
    servers: [Keys; 1],
    schema: [&'a Draft; 1],
}

#[derive(Debug, Serialize)]
struct Description {
    purpose: String,
}

/// The text of the file.
pub(super) fn yaml(draft: &Draft, target: &Target, profile: &Profile) -> anyhow::Result<String> {
    let (entity, rows) = (&target.entity, profile.rows);
    let purpose = format!(
        "Drafted by quality init from {rows} rows of staging.{entity}, batch {}",
        target.batch_id
    );
    let document = Document {
        api_version: "v3.1.0",
        kind: "DataContract",
        id: entity,
        name: entity,
        version: "1.0.0",
        status: "draft",
        description: Description { purpose },
        servers: [Keys::from([
            ("server", json!("local")),
            ("type", json!("postgres")),
            ("host", json!("127.0.0.1")),
            ("port", json!(5432)),
            ("database", json!("bullion")),
            ("schema", json!("staging")),
        ])],
        schema: [draft],
    };
    let options =
        serde_saphyr::ser_options! { compact_list_indent: false, prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(&document, options)
        .context("failed to write the contract as YAML")
}
