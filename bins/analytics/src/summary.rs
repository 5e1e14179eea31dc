//! `analytics_summary.json`: what was exported, how much of it, and how long it took.

use std::path::Path;
use std::time::Instant;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::export::{EXPORTS, Written};
use crate::sources::Source;

pub(crate) const FILE_NAME: &str = "analytics_summary.json";

/// One source's exports.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    generation_timestamp: String,
    source: String,
    /// Sums never mix two currencies: these files are in this one.
    currency: Option<String>,
    names_masked: bool,
    queries_executed: usize,
    query_results: IndexMap<&'static str, Written>,
    total_execution_time_seconds: f64,
    #[serde(skip)]
    clock: Instant,
}

impl Summary {
    pub(crate) fn begin(generation_timestamp: String, source: &Source, names_masked: bool) -> Self {
        Self {
            generation_timestamp,
            source: source.name.clone(),
            currency: source.currency.clone(),
            names_masked,
            queries_executed: 0,
            query_results: IndexMap::new(),
            total_execution_time_seconds: 0.0,
            clock: Instant::now(),
        }
    }

    pub(crate) fn add(&mut self, name: &'static str, written: Written) {
        self.query_results.insert(name, written);
        self.queries_executed = self.query_results.len();
        self.total_execution_time_seconds =
            (self.clock.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    }
}

/// What of an older summary decides whether its files may stay.
#[derive(Debug, Deserialize)]
struct Previous {
    source: String,
    names_masked: bool,
}

/// Whether the folder holds all files of this source, made with the same settings.
pub(crate) fn is_complete(folder: &Path, source: &str, names_masked: bool) -> bool {
    let Some(previous) = std::fs::read(folder.join(FILE_NAME))
        .ok()
        .and_then(|json| serde_json::from_slice::<Previous>(&json).ok())
    else {
        return false;
    };
    previous.source == source
        && previous.names_masked == names_masked
        && EXPORTS
            .iter()
            .all(|query| folder.join(format!("{}.csv", query.name)).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_readable_summary_is_not_complete() {
        assert!(!is_complete(Path::new("/nowhere"), "synthetic", true));
    }
}
