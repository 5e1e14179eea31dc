//! `quality init --from staging.<entity>`: drafts a contract from the rows of one batch.
//!
//! What it writes holds for these rows, all of it, and is a beginning: a person reads it, tightens
//! and loosens it. Bounds are rounded outwards, numbers to zero and powers of ten, days to decades,
//! lengths to steps, numbers of rows to half and twice; see `draft` for the rules. Relationships,
//! criticality and personal columns are taken over from the entity's contract, where it has one;
//! they are not observed.
//!
//! Architecture invariant: no value, bound, length or pattern of a personal column is asked for, so
//! that none can be written. Personal is what the contract says, or the name (see `personal`).

mod draft;
mod output;
mod personal;
mod profile;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::{
    Failure, OutputFormat, Rows, Sql, StageContext, StageReport, Step, console, database, db, sql,
};
use deadpool_postgres::Object;
use serde_json::json;

use crate::check::Entity;
use crate::contract::{self, Contracts, Survey, suggestion};
use crate::findings::staging;
use crate::verify;
use profile::{Profile, Target};

const LIST_PRODUCTION_KEY: Sql = sql!("quality/list_production_key.sql");
const SCHEMA_PREFIX: &str = "staging.";

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct InitOptions {
    /// Table whose rows are looked at, such as staging.customers
    #[arg(long, value_name = "TABLE")]
    pub from: String,

    /// File to write the contract to (default: stdout)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Batch to look at (default: the newest in the table)
    #[arg(long, value_name = "N")]
    pub batch: Option<i64>,

    /// Replace the file, if it is there
    #[arg(long)]
    pub force: bool,
}

/// Drafts a contract.
///
/// # Errors
/// Exit code 2 for a table that is unknown or empty, and for a file that is there already.
pub(crate) async fn run(ctx: &StageContext, options: &InitOptions) -> anyhow::Result<StageReport> {
    if let Some(path) = &options.out {
        refuse_existing(path, options.force)?;
    }
    let contracts = known_contracts(&ctx.config.paths.config_dir.join("contracts"))?;
    let client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("draft").relation(&options.from);
    let target = target(&client, options, contracts.as_ref()).await?;
    let profile = Profile::take(&client, &target).await?;
    let draft = draft::contract(&target, &profile);
    let text = output::yaml(&draft, &target, &profile)?;
    let shown = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("stdout"));
    // What we write, we can read: anything else is a defect of this program.
    let entity = contract::read_contract(&shown, text.as_bytes())
        .map_err(|problems| contract::refusal(&problems))
        .context("a defect of Bullion: the drafted contract cannot be read")?;
    for warning in draft.warnings {
        report.warn(warning);
    }
    let is_written = options.out.is_some() && !ctx.dry_run;
    match &options.out {
        Some(path) if is_written => common::atomic::write(path, text.as_bytes())?,
        None if ctx.output == OutputFormat::Text => console::print(text.trim_end())?,
        _ => {}
    }
    report.findings = Some(json!({
        "entity": target.entity,
        "batch_id": target.batch_id,
        "rows": profile.rows,
        "checks": entity.checks.len(),
        "file": options.out,
        "is_written": is_written,
        "contract": text,
    }));
    let rows = Rows {
        input: profile.rows,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

fn refuse_existing(path: &Path, is_forced: bool) -> anyhow::Result<()> {
    if path.exists() && !is_forced {
        let shown = path.display();
        let message =
            format!("`{shown}` is there already\n  hint: name another file, or use --force");
        return Err(Failure::usage(message).into());
    }
    Ok(())
}

/// The contracts that are sound; a project that has none yet is what this command is for.
fn known_contracts(folder: &Path) -> anyhow::Result<Option<Contracts>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    match Survey::of(folder) {
        Ok(survey) => Ok(Some(survey.contracts)),
        Err(error) if error.is::<Failure>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The table to look at, which must be there and hold rows.
async fn target(
    client: &Object,
    options: &InitOptions,
    contracts: Option<&Contracts>,
) -> anyhow::Result<Target> {
    let mut tables = verify::staging_columns(client).await?;
    let known: Vec<String> = tables
        .keys()
        .map(|it| format!("{SCHEMA_PREFIX}{it}"))
        .collect();
    let entity = options.from.strip_prefix(SCHEMA_PREFIX);
    let Some((entity, columns)) = entity.and_then(|it| tables.remove_entry(it)) else {
        let near = suggestion(&options.from, known.iter().map(String::as_str));
        let message = format!(
            "no table is named `{}`{near}\n  hint: known are {}",
            options.from,
            known.join(", ")
        );
        return Err(Failure::usage(message).into());
    };
    let batch_id = match options.batch {
        Some(batch_id) => batch_id,
        None => newest_batch(client, &entity).await?,
    };
    let contract = contracts.and_then(|it| it.entity(&entity)).cloned();
    let key = match &contract {
        Some(contract) => contract.key.clone(),
        None => production_key(client, &entity).await?,
    };
    Ok(Target::new(entity, batch_id, &columns, key, contract))
}

async fn newest_batch(client: &Object, entity: &str) -> anyhow::Result<i64> {
    let text = format!(
        "select max(staged.batch_id) as batch_id from {} as staged",
        staging(entity)
    );
    let row = client
        .query_one(&text, &[])
        .await
        .with_context(|| format!("failed to look for batches in staging.{entity}"))?;
    row.try_get::<_, Option<i64>>(0)?
        .ok_or_else(|| empty(entity, None))
}

/// A table without rows says nothing about them.
fn empty(entity: &str, batch_id: Option<i64>) -> anyhow::Error {
    let of_batch = batch_id.map_or_else(String::new, |it| format!(" of batch {it}"));
    let message = format!(
        "staging.{entity} holds no row{of_batch}: there is nothing to observe\n  \
         hint: load files with `stage` first; staging keeps the last run's batches only"
    );
    Failure::usage(message).into()
}

/// Key columns of the published table beside `source`; none where there is no such table.
async fn production_key(client: &Object, entity: &str) -> anyhow::Result<Vec<String>> {
    let rows = db::rows(client, LIST_PRODUCTION_KEY, &[&entity]).await?;
    let names = rows.iter().map(|row| row.try_get(0));
    let names = names.collect::<Result<Vec<String>, _>>()?;
    Ok(names.into_iter().filter(|name| name != "source").collect())
}

/// What the entity's own contract says, where it has one.
fn is_personal(contract: Option<&Entity>, name: &str) -> bool {
    let described = contract.and_then(|it| it.columns.iter().find(|column| column.name == name));
    described.is_some_and(|column| column.is_personal) || personal::by_name(name)
}
