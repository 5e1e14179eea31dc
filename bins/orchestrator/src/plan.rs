//! Which programs run, in which order, with which arguments.

use common::config::nearest_hint;
use common::{Failure, StageContext};
use serde::Deserialize;

use crate::RunOptions;
use crate::settings::Settings;

/// All programs of a run, in order. `monitor` comes last and looks at the run when it has ended.
pub(crate) const STAGES: [&str; 8] = [
    "generate",
    "stage",
    "quality",
    "production",
    "warehouse",
    "analytics",
    "cleanup",
    MONITOR,
];
/// Looks at what the others did; its findings are warnings of the run.
pub(crate) const MONITOR: &str = "monitor";

/// What `quality` is told where nothing is loaded.
const REPLAY: [&str; 2] = ["quarantine", "replay"];

/// One program of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// Arguments beside those that all programs share.
    pub(crate) arguments: Vec<String>,
}

impl Stage {
    /// Whether it works on files and needs nothing of the programs before it.
    pub(crate) fn reads_files(&self) -> bool {
        ["generate", "stage"].contains(&self.name)
    }

    /// Whether it tries again what waits in quarantine.
    pub(crate) fn is_replay(&self) -> bool {
        self.arguments.starts_with(&REPLAY.map(str::to_owned))
    }
}

/// The sources that a run without `--source` loads, as `stage` reads them.
#[derive(Deserialize)]
#[serde(default)]
struct StageSection {
    sources: Vec<String>,
}

impl Default for StageSection {
    fn default() -> Self {
        Self {
            sources: vec!["synthetic".to_owned()],
        }
    }
}

/// The plan of one run.
///
/// # Errors
/// Exit code 2 when a program to skip does not exist.
pub(crate) fn make(
    ctx: &StageContext,
    settings: &Settings,
    options: &RunOptions,
) -> anyhow::Result<Vec<Stage>> {
    for name in &options.skip {
        if !STAGES.contains(&name.as_str()) {
            let hint = nearest_hint(name, STAGES.into_iter());
            return Err(
                Failure::usage(format!("--skip: there is no program `{name}`{hint}")).into(),
            );
        }
    }
    let default_sources = ctx.config.section::<StageSection>("stage")?.sources;
    let sources = if options.source.is_empty() {
        &default_sources
    } else {
        &options.source
    };
    let is_generated = options.data.is_none() && sources.contains(&settings.generated_source);
    let is_loading = |name: &str| match name {
        "generate" => is_generated && !options.replay,
        "stage" => !options.replay,
        _ => true,
    };
    let stages = STAGES
        .into_iter()
        .filter(|name| !options.skip.iter().any(|it| it == name))
        .filter(|name| is_loading(name))
        .map(|name| Stage {
            name,
            arguments: arguments(name, options),
        })
        .collect();
    Ok(stages)
}

fn arguments(name: &str, options: &RunOptions) -> Vec<String> {
    let mut arguments = Vec::new();
    match name {
        "stage" => {
            for source in &options.source {
                arguments.extend(["--source".to_owned(), source.clone()]);
            }
            if let Some(folder) = &options.data {
                arguments.extend(["--data".to_owned(), folder.display().to_string()]);
            }
        }
        "quality" if options.replay => {
            arguments.extend(REPLAY.map(str::to_owned));
            for source in &options.source {
                arguments.extend(["--source".to_owned(), source.clone()]);
            }
        }
        "quality" => {
            if let Some(reason) = &options.accept_gate {
                arguments.extend(["--accept-gate".to_owned(), reason.clone()]);
            }
        }
        _ => {}
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stage_is_told_of_sources_and_only_quality_of_the_gate() {
        let options = RunOptions {
            source: vec!["olist".to_owned()],
            data: Some("/data".into()),
            accept_gate: Some("checked".to_owned()),
            ..RunOptions::default()
        };
        assert_eq!(
            arguments("stage", &options),
            ["--source", "olist", "--data", "/data"]
        );
        assert_eq!(arguments("quality", &options), ["--accept-gate", "checked"]);
        assert!(arguments("warehouse", &options).is_empty());
    }

    #[test]
    fn a_replay_asks_quality_for_the_quarantine_of_a_source() {
        let options = RunOptions {
            source: vec!["olist".to_owned()],
            replay: true,
            ..RunOptions::default()
        };
        assert_eq!(
            arguments("quality", &options),
            ["quarantine", "replay", "--source", "olist"]
        );
    }
}
