//! `quality lint`: all that is wrong with contracts and sources' own rules, without judging a row.
//!
//! What needs the database (statements that do not prepare, columns that staging lacks) is left
//! out where none is set up or none answers, and the report says so: lint never makes one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::{OutputFormat, StageContext, StageReport, Status, Step, console, database, errors};
use deadpool_postgres::Object;
use serde_json::json;

use crate::check::Entity;
use crate::contract::{Contracts, Located, Problem, Survey};
use crate::verify::{self, StagingColumns};

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct LintOptions {
    /// Folder that holds `contracts/` and `sources/` (default: the configured one)
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Leave out what needs the database
    #[arg(long)]
    pub offline: bool,
}

/// Lists every problem, a line each.
///
/// # Errors
/// Exit code 2 for a folder that cannot be read; problems are no error but a report with that code.
pub(crate) async fn run(ctx: &StageContext, options: &LintOptions) -> anyhow::Result<StageReport> {
    let config_dir = options
        .folder
        .as_ref()
        .unwrap_or(&ctx.config.paths.config_dir);
    let mut report = StageReport::new(ctx);
    let step = Step::begin("lint").relation(config_dir.to_string_lossy());
    let survey = Survey::of(&config_dir.join("contracts"))?;
    let overrides = idle_or_wrong_overrides(&survey, config_dir)?;
    let mut problems = survey.problems;
    problems.extend(overrides);
    let skipped = match ask_database(ctx, options, &survey.contracts).await? {
        Ok(mut found) => {
            // What is wrong already is wrong to the database too.
            found.retain(|it| !problems.iter().any(|known| known.is_at_same_place(it)));
            problems.extend(found);
            None
        }
        Err(why) => Some(why),
    };
    if let Some(why) = &skipped {
        report.warn(format!("what needs the database was not checked: {why}"));
    }
    problems.sort_by(|left, right| {
        (&left.path, left.problem.line).cmp(&(&right.path, right.problem.line))
    });
    let checks: usize = survey
        .contracts
        .entities
        .iter()
        .map(|it| it.checks.len())
        .sum();
    let summary = summary(survey.files, checks, problems.len());
    if ctx.output == OutputFormat::Text {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        console::print(&[lines, vec![summary.clone()]].concat().join("\n"))?;
    }
    report.findings = Some(json!({
        "contracts": survey.files,
        "checks": checks,
        "problems": problems.iter().map(as_json).collect::<Vec<_>>(),
        "database_skipped": skipped,
    }));
    report.finish(step, common::Rows::default());
    if !problems.is_empty() {
        report.status = Status::Failed;
        report.exit_code = errors::EXIT_USAGE;
        report.error = Some(summary);
    }
    Ok(report)
}

fn summary(contracts: usize, checks: usize, problems: usize) -> String {
    let counted = |count: usize, noun: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {noun}{plural}", console::grouped(count as u64))
    };
    [
        counted(contracts, "contract"),
        counted(checks, "check"),
        counted(problems, "problem"),
    ]
    .join(", ")
}

fn as_json(problem: &Located) -> serde_json::Value {
    json!({
        "file": problem.path,
        "line": problem.problem.line,
        "message": problem.problem.message,
    })
}

/// What sources say wrongly, or in vain. Checks of a contract that could not be read are not known,
/// which is no fault of the source.
fn idle_or_wrong_overrides(survey: &Survey, config_dir: &Path) -> anyhow::Result<Vec<Located>> {
    let is_of_broken = |check_id: &str| {
        let entity = check_id
            .split_once('.')
            .map_or(check_id, |(entity, _)| entity);
        survey.broken.iter().any(|broken| broken == entity)
    };
    let mut problems = Vec::new();
    for source in sources(config_dir)? {
        let laid = survey.contracts.lay_over(config_dir, &source)?;
        problems.extend(laid.problems);
        let unknown = laid
            .unknown
            .into_iter()
            .filter(|it| !is_of_broken(&it.check_id));
        problems.extend(unknown.map(|it| it.problem));
        for change in laid.changes.iter().filter(|change| change.is_idle) {
            let message = format!("`{}` is so already: this changes nothing", change.check_id);
            problems.push(Problem::new(change.line, message).at(&change.path));
        }
    }
    Ok(problems)
}

/// Names of all sources; a folder of contracts may have none beside it.
pub(crate) fn sources(config_dir: &Path) -> anyhow::Result<Vec<String>> {
    let folder = config_dir.join("sources");
    let failed = || format!("failed to read the sources in `{}`", folder.display());
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(failed),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.with_context(failed)?.path();
        if path.join("source.toml").is_file() {
            names.extend(
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

/// What the database objects to, or why it was not asked.
async fn ask_database(
    ctx: &StageContext,
    options: &LintOptions,
    contracts: &Contracts,
) -> anyhow::Result<Result<Vec<Located>, String>> {
    if options.offline {
        return Ok(Err("--offline".to_owned()));
    }
    let client = match open_database(ctx).await? {
        Ok(client) => client,
        Err(why) => return Ok(Err(why)),
    };
    if let Err(error) = database::check_migrated(&client).await {
        return Ok(Err(errors::describe(&error)));
    }
    let mut problems = verify::problems(&client, contracts).await?;
    let tables = verify::staging_columns(&client).await?;
    for entity in &contracts.entities {
        problems.extend(undescribed_columns(entity, &tables));
    }
    Ok(Ok(problems))
}

/// A connection, or why there is none; a database that is not there is not made.
pub(crate) async fn open_database(ctx: &StageContext) -> anyhow::Result<Result<Object, String>> {
    // The embedded server has free space to tell of once it is set up.
    let has_server = ctx.config.database.url.is_some() || ctx.embedded_free_bytes()?.is_some();
    if !has_server {
        return Ok(Err("no database is set up yet".to_owned()));
    }
    let client = ctx.client().await;
    Ok(client.map_err(|error| errors::describe(&error)))
}

/// Columns that no contract says anything about are judged by nobody.
fn undescribed_columns<'a>(
    entity: &'a Entity,
    tables: &'a StagingColumns,
) -> impl Iterator<Item = Located> {
    let columns = tables.get(&entity.name).into_iter().flatten();
    let line = entity.columns.first().map_or(1, |column| column.line);
    columns
        .filter(|column| !entity.has_column(&column.name))
        .map(move |column| {
            let name = &column.name;
            let message = format!(
                "column `{name}` of `staging.{}` is not described",
                entity.name
            );
            Problem::new(line, message).at(&entity.path)
        })
}
