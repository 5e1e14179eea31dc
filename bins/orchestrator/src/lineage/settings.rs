//! The `[lineage]` section of `config/pipeline.toml`.

use std::path::PathBuf;

use common::{Failure, StageContext};
use serde::Deserialize;
use ureq::http::Uri;
use validator::Validate;

/// Who is told what became of which data, as OpenLineage events.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(super) transport: Transport,
    /// Folder of a file per run, for "file"; below the processed files when it is relative. What is
    /// in the history there is removed with old reports.
    path: PathBuf,
    /// Endpoint for "http", such as `http://localhost:5000/api/v1/lineage`.
    pub(super) url: Option<String>,
    /// Longest call of the endpoint.
    #[validate(range(min = 100, max = 60_000))]
    pub(super) timeout_ms: u64,
    /// Namespace of our jobs.
    #[validate(length(min = 1))]
    pub(super) namespace: String,
    /// Namespace of the tables; `postgres://host:port` when absent.
    pub(super) dataset_namespace: Option<String>,
}

/// Where events go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Transport {
    None,
    File,
    Http,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            transport: Transport::File,
            path: PathBuf::from("history/openlineage"),
            url: None,
            timeout_ms: 2_000,
            namespace: "bullion".to_owned(),
            dataset_namespace: None,
        }
    }
}

impl Settings {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// Exit code 2 for an unknown key, and for an endpoint that a key must not be sent to.
    pub(crate) fn load(ctx: &StageContext) -> anyhow::Result<Self> {
        let settings: Self = ctx.config.section("lineage")?;
        settings
            .validate()
            .map_err(|error| Failure::usage(format!("in section [lineage]: {error}")))?;
        if settings.transport == Transport::Http {
            settings.check_url(ctx.config.lineage_key.is_some())?;
        }
        Ok(settings)
    }

    /// Folder of the files of events.
    pub(super) fn folder(&self, ctx: &StageContext) -> PathBuf {
        ctx.config.paths.processed_dir().join(&self.path)
    }

    fn check_url(&self, has_key: bool) -> anyhow::Result<()> {
        let refuse = |why: &str| -> anyhow::Result<()> {
            Err(Failure::usage(format!("in section [lineage]: url {why}")).into())
        };
        let Some(url) = &self.url else {
            return refuse("is missing, and transport = \"http\" needs it");
        };
        let Ok(uri) = url.parse::<Uri>() else {
            return refuse("does not parse; write http://host:port/api/v1/lineage");
        };
        let host = uri.host().unwrap_or_default();
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return refuse("holds a password; put a key into BULLION_LINEAGE_KEY");
        }
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match uri.scheme_str() {
            Some("https") => Ok(()),
            Some("http") if is_local || !has_key => Ok(()),
            Some("http") => refuse("must be https where BULLION_LINEAGE_KEY is sent to it"),
            _ => refuse("must begin with http:// or https://"),
        }
    }
}
