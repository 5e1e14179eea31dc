//! `generation_metadata.json`: what was made, when, and from which seed.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
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
pub(crate) fn files_of_earlier_run(folder: &Path) -> Vec<String> {
    #[derive(Deserialize)]
    struct Earlier {
        #[serde(default)]
        files: Vec<String>,
    }

    let is_ours = |name: &String| {
        let (above, file) = name.rsplit_once('/').unwrap_or(("", name));
        let is_known = file == FAULTS_FILE
            || File::ALL
                .iter()
                .any(|known| file.starts_with(&known.name()));
        is_known
            && (above.is_empty() || above.starts_with("business_date="))
            && !above.contains('/')
    };
    std::fs::read(folder.join(METADATA_FILE))
        .ok()
        .and_then(|text| serde_json::from_slice::<Earlier>(&text).ok())
        .map(|earlier| earlier.files.into_iter().filter(is_ours).collect())
        .unwrap_or_default()
}
