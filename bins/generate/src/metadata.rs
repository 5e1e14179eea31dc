//! `generation_metadata.json`: what was made, when, and from which seed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use common::Failure;
use serde::{Deserialize, Serialize};

use crate::faults::Kind;
use crate::output::{Delivery, FAULTS_FILE, File};
use crate::settings::Settings;

pub(crate) const METADATA_FILE: &str = "generation_metadata.json";

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Metadata {
    generated_at: DateTime<Utc>,
    seed: u64,
    /// Rows of each file, over all deliveries.
    record_counts: BTreeMap<&'static str, u64>,
    transaction_date_range: DateRange,
    /// Planted faults by kind: none in a healthy shop.
    faults: BTreeMap<Kind, u64>,
    /// The files below the output folder.
    files: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct DateRange {
    start_date: NaiveDate,
    end_date: NaiveDate,
}

impl Metadata {
    pub(crate) fn new(
        generated_at: DateTime<Utc>,
        settings: &Settings,
        delivery: &Delivery,
    ) -> Self {
        Self {
            generated_at: generated_at.trunc_subsecs(0),
            seed: settings.seed,
            record_counts: File::ALL
                .into_iter()
                .map(|file| (file.stem(), delivery.row_count(file)))
                .collect(),
            transaction_date_range: DateRange {
                start_date: settings.start_date,
                end_date: settings.end_date,
            },
            faults: delivery.fault_counts(),
            files: delivery.names(),
        }
    }
}

impl Metadata {
    /// The same with further files.
    pub(crate) fn with_files(&self, further: &[String]) -> Self {
        let mut metadata = self.clone();
        metadata.files.extend_from_slice(further);
        metadata
    }
}

/// Files that an earlier run wrote into that folder, as its metadata tells; none where there was no
/// such run. Names that lead elsewhere are left alone.
///
/// # Errors
/// A usage failure when the metadata cannot be understood: files of that run would stay.
pub(crate) fn files_of_earlier_run(folder: &Path) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Earlier {
        #[serde(default)]
        files: Vec<String>,
    }

    let is_ours = |name: &String| {
        let (above, file) = name.rsplit_once('/').unwrap_or(("", name));
        is_own_name(file) && (above.is_empty() || is_own_folder(above))
    };
    let path = folder.join(METADATA_FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text =
        std::fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let earlier: Earlier = serde_json::from_slice(&text).with_context(|| {
        Failure::usage(format!(
            "failed to read `{}`, which tells the files of an earlier run; remove that run's files, \
             this one too, or choose another --out",
            path.display()
        ))
    })?;
    Ok(earlier.files.into_iter().filter(is_ours).collect())
}

/// Removes what killed runs left behind, in whatever form they wrote.
pub(crate) fn remove_leftovers(folder: &Path) {
    common::atomic::remove_leftovers(folder, is_own_name);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_str().is_some_and(is_own_folder) {
            common::atomic::remove_leftovers(&entry.path(), is_own_name);
        }
    }
}

fn is_own_name(name: &str) -> bool {
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"));
    let plain = plain.unwrap_or(name);
    name == FAULTS_FILE || File::ALL.iter().any(|file| file.name() == plain)
}

fn is_own_folder(name: &str) -> bool {
    name.strip_prefix("business_date=")
        .is_some_and(|date| date.parse::<NaiveDate>().is_ok())
}
