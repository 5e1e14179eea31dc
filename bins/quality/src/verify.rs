//! Whether the database understands the contracts: asked before anything is judged, so that a
//! mistake in a contract is an error with file and line and not one of the database half-way.
//!
//! In go contracts, out come problems. Nothing is executed but regular expressions, on no text.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use common::{Sql, db};
use deadpool_postgres::Object;
use tokio_postgres::types::Type;

use crate::check::{Check, Entity, Rule};
use crate::contract::{Contracts, Located, Problem, suggestion};
use crate::findings::{self, Batch, Repeated, TECHNICAL, staging};
use crate::sql_text::literal;
use crate::statement;

const LIST_STAGING_COLUMNS: Sql = common::sql!("quality/list_staging_columns.sql");

/// Answers that an operator can be applied to.
const ANSWERS: [Type; 7] = [
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::NUMERIC,
    Type::FLOAT4,
    Type::FLOAT8,
];

/// A column that sources fill.
#[derive(Debug, Clone)]
pub(crate) struct StagingColumn {
    pub(crate) name: String,
    /// As the standard of SQL calls it.
    pub(crate) data_type: String,
    pub(crate) description: Option<String>,
}

/// The columns that sources fill, by table of staging.
pub(crate) type StagingColumns = BTreeMap<String, Vec<StagingColumn>>;

/// Columns of every table of staging, but those that stage adds.
pub(crate) async fn staging_columns(client: &Object) -> anyhow::Result<StagingColumns> {
    let mut tables = StagingColumns::new();
    for row in db::rows(client, LIST_STAGING_COLUMNS, &[]).await? {
        let columns = tables.entry(row.try_get(0)?).or_default();
        let column = StagingColumn {
            name: row.try_get(1)?,
            data_type: row.try_get(2)?,
            description: row.try_get(3)?,
        };
        if !TECHNICAL.contains(&column.name.as_str()) {
            columns.push(column);
        }
    }
    Ok(tables)
}

/// All that keeps the contracts from being run.
pub(crate) async fn problems(
    client: &Object,
    contracts: &Contracts,
) -> anyhow::Result<Vec<Located>> {
    let tables = staging_columns(client).await?;
    let mut problems = Vec::new();
    for entity in &contracts.entities {
        let absent = absent_columns(entity, &tables);
        let found = if absent.is_empty() {
            unfit_checks(client, entity).await?
        } else {
            absent
        };
        problems.extend(found.into_iter().map(|problem| problem.at(&entity.path)));
    }
    Ok(problems)
}

fn absent_columns(entity: &Entity, tables: &StagingColumns) -> Vec<Problem> {
    let Some(columns) = tables.get(&entity.name) else {
        let line = entity.columns.first().map_or(1, |column| column.line);
        let near = suggestion(&entity.name, tables.keys().map(String::as_str));
        let message = format!("staging has no table `{}`{near}", entity.name);
        return vec![Problem::new(line, message)];
    };
    let known: BTreeSet<&str> = columns.iter().map(|it| it.name.as_str()).collect();
    let absent = entity
        .columns
        .iter()
        .filter(|it| !known.contains(it.name.as_str()));
    absent
        .map(|column| {
            let near = suggestion(&column.name, known.iter().copied());
            let message = format!(
                "`staging.{}` has no column `{}`{near}",
                entity.name, column.name
            );
            Problem::new(column.line, message)
        })
        .collect()
}

/// Checks that do not prepare. The statement of a whole table comes first: mostly all is well.
async fn unfit_checks(client: &Object, entity: &Entity) -> anyhow::Result<Vec<Problem>> {
    let batch = no_batch();
    let mut problems = Vec::new();
    let whole = findings::row_scan(&batch, entity).map(|it| it.statement(&batch, entity));
    let are_rows_sound = match &whole {
        Some(text) => reason(client.prepare(text).await, entity)?.is_none(),
        None => true,
    };
    for check in &entity.checks {
        let is_known_sound = are_rows_sound && matches!(check.rule, Rule::Row { .. });
        let text = statement_of(&batch, entity, check).filter(|_| !is_known_sound);
        let unfit = match text {
            Some(text) => reason(client.prepare(&text).await, entity)?,
            None => None,
        };
        let unfit = match unfit {
            None => unfit_pattern_or_answer(client, entity, check).await?,
            unfit => unfit,
        };
        if let Some(unfit) = unfit {
            let message = format!("check `{}` does not run: {unfit}", check.id);
            problems.push(Problem::new(check.line, message));
        }
    }
    Ok(problems)
}

/// A pattern shows its faults only when it is used; a query must answer what an operator takes.
async fn unfit_pattern_or_answer(
    client: &Object,
    entity: &Entity,
    check: &Check,
) -> anyhow::Result<Option<String>> {
    if let Some(pattern) = &check.pattern {
        let text = format!("select '' ~ {} as is_match", literal(pattern));
        return reason(client.query_one(&text, &[]).await, entity);
    }
    let Rule::Query { text } = &check.rule else {
        return Ok(None);
    };
    let query = text.replace("{object}", &staging(&entity.name));
    let prepared = client
        .prepare(&format!("select (\n{query}\n) as answer"))
        .await;
    let answers = match prepared {
        Ok(statement) => statement.columns().first().map(|it| it.type_().clone()),
        Err(error) => return reason(Err::<(), _>(error), entity),
    };
    let is_fit = answers.as_ref().is_some_and(|it| ANSWERS.contains(it));
    Ok((!is_fit).then(|| {
        let answers = answers.map_or_else(String::new, |it| it.name().to_owned());
        format!("it answers with a {answers}, not with a number or a boolean")
    }))
}

/// The statement that a check runs for a batch, where it is compiled from the contract.
pub(crate) fn statement_of(batch: &Batch, entity: &Entity, check: &Check) -> Option<String> {
    let sought = Repeated::Sought;
    let finding = match &check.rule {
        Rule::Row { .. } => findings::row_scan(batch, &entity.with_only(check)),
        Rule::KeyConflict | Rule::KeyDuplicate => findings::key_pass(batch, entity, sought),
        Rule::Unique { columns } => {
            Some(findings::unique_pass(batch, entity, check, columns, sought))
        }
        Rule::Reference(reference) => {
            Some(findings::reference_pass(batch, entity, check, reference))
        }
        Rule::Named(rule) => Some(findings::named_rule(check, rule.sql.text)),
        Rule::Query { text } => return Some(statement::table_query(batch, entity, text)),
        Rule::RowCount => None,
    };
    finding.map(|it| it.statement(batch, &entity.with_only(check)))
}

/// A batch that is not there: its statements are read and not run.
fn no_batch() -> Batch {
    Batch {
        batch_id: -1,
        source: String::new(),
        is_replay: false,
    }
}

/// What the server objects to in a statement; failures of the server itself are errors.
fn reason<T>(
    outcome: Result<T, tokio_postgres::Error>,
    entity: &Entity,
) -> anyhow::Result<Option<String>> {
    let Err(error) = outcome else { return Ok(None) };
    // Syntax, names and types; values; limits; what the server cannot do.
    let is_unfit = |code: &str| {
        ["42", "22", "54", "0A"]
            .iter()
            .any(|class| code.starts_with(class))
    };
    match error.as_db_error() {
        Some(db_error) if is_unfit(db_error.code().code()) => {
            Ok(Some(db_error.message().to_owned()))
        }
        _ => Err(error).with_context(|| format!("failed to prepare the checks of {}", entity.name)),
    }
}
