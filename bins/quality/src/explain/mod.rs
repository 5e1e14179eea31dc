//! `quality explain <check>`: what a check asserts, where it stands, what it runs and what it found.
//!
//! In go contracts, sources' own rules and `ops.*`, out comes a story for people, and the same as
//! JSON for programs. Of rows it names keys and places, never another value.

mod story;
mod words;

use common::{
    Failure, OutputFormat, Rows, Sql, StageContext, StageReport, Step, console, database, db, sql,
};
use deadpool_postgres::Object;
use serde::Serialize;

use crate::check::{Check, Entity, Rule};
use crate::contract::{Contracts, nearest};
use crate::findings::{Batch, staging};
use crate::sql_text::{columns, literal};
use crate::{lint, verify};

const LIST_RESULTS: Sql = sql!("quality/list_check_results.sql");
const LIST_QUARANTINED: Sql = sql!("quality/list_quarantined_keys.sql");
/// Where the number of rows comes from, for the one kind of check that asks no table.
const LIST_DATASETS: Sql = sql!("quality/list_datasets.sql");

/// Ends of names in reports that are the gate's own, and of no contract.
const OF_THE_GATE: [&str; 6] = [
    "vanished",
    "price_shift",
    "volume",
    "quarantined_percent",
    "overall_quality_score",
    "quality_score_drop",
];
/// Most names that are offered for one that nobody knows.
const NEAR_MAX: usize = 5;
/// Statements are shown for this batch where the check never ran.
const NO_BATCH: i64 = -1;

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[allow(missing_docs)]
pub struct ExplainOptions {
    /// The check as reports name it, such as customers.email.pattern
    #[arg(value_name = "CHECK")]
    pub check: String,

    /// With this source's own rules, and about its batches alone
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,

    /// Most results, and most rows, that are listed
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

/// Everything about one check.
#[derive(Debug, Serialize)]
struct Explanation {
    check_id: String,
    asserts: String,
    description: Option<String>,
    file: String,
    line: u64,
    overrides: Vec<String>,
    is_enabled: bool,
    severity: &'static str,
    severity_weight: f64,
    dimension: &'static str,
    dimension_weight: f64,
    expected: String,
    consequence: &'static str,
    results: Vec<BatchResult>,
    found: Option<Found>,
    sql_note: Option<String>,
    sql: String,
}

/// What the check found in one batch.
#[derive(Debug, Serialize)]
struct BatchResult {
    batch_id: i64,
    source: String,
    severity: String,
    status: String,
    element_count: i64,
    unexpected_count: i64,
    duration_ms: f64,
    judged_at: Option<String>,
    #[serde(skip)]
    is_staged: bool,
}

/// Rows of the newest batch that break the rule.
#[derive(Debug, Serialize)]
struct Found {
    batch_id: i64,
    /// `staging` or `quarantine`.
    seen_in: &'static str,
    rows: Vec<FoundRow>,
}

#[derive(Debug, Serialize)]
struct FoundRow {
    key: Option<String>,
    place: Option<String>,
}

/// Tells all about one check.
///
/// # Errors
/// Exit code 2 for a check or a source that nobody knows.
pub(crate) async fn run(
    ctx: &StageContext,
    options: &ExplainOptions,
) -> anyhow::Result<StageReport> {
    let config_dir = &ctx.config.paths.config_dir;
    let contracts = Contracts::read(&config_dir.join("contracts"))?;
    let sources = lint::sources(config_dir)?;
    if let Some(source) = &options.source
        && !sources.contains(source)
    {
        return Err(unknown("source", source, &sources));
    }
    let as_it_runs = match &options.source {
        Some(source) => contracts.for_source(config_dir, source)?.contracts,
        None => contracts.clone(),
    };
    let (entity, check) = find(&as_it_runs, &options.check)?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("explain").relation(&check.id);
    let mut explanation = explain(entity, check);
    for source in sources
        .iter()
        .filter(|it| options.source.as_ref().is_none_or(|only| only == *it))
    {
        let changes = contracts.lay_over(config_dir, source)?.changes;
        explanation.overrides.extend(
            changes
                .into_iter()
                .filter(|it| it.check_id == check.id)
                .map(|it| format!("{source}: {} ({}:{})", it.text, it.path.display(), it.line)),
        );
    }
    match lint::open_database(ctx).await? {
        Ok(client) => look(&client, entity, check, options, &mut explanation).await?,
        Err(why) => report.warn(format!("what was found is not known: {why}")),
    }
    if ctx.output == OutputFormat::Text {
        console::print(&story::text(&explanation))?;
    }
    report.findings = Some(serde_json::to_value(&explanation)?);
    report.finish(step, Rows::default());
    Ok(report)
}

fn find<'a>(contracts: &'a Contracts, id: &str) -> anyhow::Result<(&'a Entity, &'a Check)> {
    let mut all = contracts
        .entities
        .iter()
        .flat_map(|entity| entity.checks.iter().map(move |check| (entity, check)));
    all.find(|(_, check)| check.id == id).ok_or_else(|| {
        let name = id.rsplit('.').next().unwrap_or(id);
        if OF_THE_GATE.contains(&name) {
            let message = format!(
                "`{id}` is of the gate, not of a contract\n  \
                 hint: its limits stand in [quality] of config/pipeline.toml"
            );
            return Failure::usage(message).into();
        }
        let ids: Vec<String> = contracts.checks().map(|check| check.id.clone()).collect();
        unknown("check", id, &ids)
    })
}

fn unknown(what: &str, name: &str, known: &[String]) -> anyhow::Error {
    let near = nearest(name, known.iter().map(String::as_str));
    let near: Vec<&str> = near.into_iter().take(NEAR_MAX).collect();
    let hint = if near.is_empty() {
        "`quality lint` counts them, config/contracts/ holds them".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    Failure::usage(format!("no {what} is named `{name}`\n  hint: {hint}")).into()
}

/// All that stands in the contract.
fn explain(entity: &Entity, check: &Check) -> Explanation {
    Explanation {
        check_id: check.id.clone(),
        asserts: words::asserts(entity, check),
        description: check.description.clone(),
        file: entity.path.display().to_string(),
        line: check.line,
        overrides: Vec::new(),
        is_enabled: check.is_enabled,
        severity: check.severity.name(),
        severity_weight: check.severity.weight(),
        dimension: check.dimension.name(),
        dimension_weight: check.dimension.weight(),
        expected: crate::evaluate::expected(check),
        consequence: words::consequence(check),
        results: Vec::new(),
        found: None,
        sql_note: words::sql_note(entity, check),
        sql: statement(entity, check, NO_BATCH, "<source>"),
    }
}

fn statement(entity: &Entity, check: &Check, batch_id: i64, source: &str) -> String {
    let batch = Batch {
        batch_id,
        source: source.to_owned(),
        is_replay: false,
    };
    verify::statement_of(&batch, entity, check).unwrap_or_else(|| LIST_DATASETS.text.to_owned())
}

/// Adds what the database knows.
async fn look(
    client: &Object,
    entity: &Entity,
    check: &Check,
    options: &ExplainOptions,
    explanation: &mut Explanation,
) -> anyhow::Result<()> {
    database::check_migrated(client).await?;
    let limit = i64::from(options.limit);
    let rows = db::rows(client, LIST_RESULTS, &[&check.id, &options.source, &limit]).await?;
    for row in rows {
        explanation.results.push(BatchResult {
            batch_id: row.try_get(0)?,
            source: row.try_get(1)?,
            severity: row.try_get(2)?,
            status: row.try_get(3)?,
            element_count: row.try_get(4)?,
            unexpected_count: row.try_get(5)?,
            duration_ms: row.try_get(6)?,
            judged_at: row.try_get(7)?,
            is_staged: row.try_get(8)?,
        });
    }
    let Some(last) = explanation.results.first() else {
        return Ok(());
    };
    explanation.sql = statement(entity, check, last.batch_id, &last.source);
    if check.is_row_rule() {
        explanation.found = Some(found(client, entity, check, last, limit).await?);
    }
    Ok(())
}

async fn found(
    client: &Object,
    entity: &Entity,
    check: &Check,
    last: &BatchResult,
    limit: i64,
) -> anyhow::Result<Found> {
    let batch_id = last.batch_id;
    let rows = if last.is_staged {
        client
            .query(&staged_keys(entity, check, batch_id, limit), &[])
            .await?
    } else {
        let parameters: db::Parameters<'_> = &[&batch_id, &entity.name, &check.id, &limit];
        db::rows(client, LIST_QUARANTINED, parameters).await?
    };
    // A key with a personal part is no key to show.
    let is_public = entity.public_key().count() == entity.key.len();
    let mut found = Found {
        batch_id,
        seen_in: if last.is_staged {
            "staging"
        } else {
            "quarantine"
        },
        rows: Vec::new(),
    };
    for row in rows {
        let key: Option<String> = row.try_get(0)?;
        found.rows.push(FoundRow {
            key: key.filter(|_| is_public),
            place: row.try_get(1)?,
        });
    }
    Ok(found)
}

/// Keys and places of the rows in staging that break a rule.
fn staged_keys(entity: &Entity, check: &Check, batch_id: i64, limit: i64) -> String {
    let key = if entity.key.is_empty() {
        "null::text".to_owned()
    } else {
        format!("concat_ws('/', {})", columns("staged", &entity.key))
    };
    format!(
        "select {key} as natural_key, file.path || coalesce(':' || staged.source_line, '') as place
from ops.rejections as rejection
inner join {table} as staged
    on staged.batch_id = rejection.batch_id and staged.row_id = rejection.row_id
left join ops.raw_files as file on file.file_id = staged.file_id
where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
and {rule} = any(rejection.rules)
order by rejection.row_id
limit {limit}",
        table = staging(&entity.name),
        dataset = literal(&entity.name),
        rule = literal(&check.id),
    )
}

/// Row rules of a table share one scan.
fn row_rules(entity: &Entity) -> usize {
    let is_row = |check: &&Check| check.is_enabled && matches!(check.rule, Rule::Row { .. });
    entity.checks.iter().filter(is_row).count()
}
