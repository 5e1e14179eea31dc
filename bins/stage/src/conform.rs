//! A source's own SQL from landing tables into an entity of staging.
//!
//! Invariant: the select runs under a role that can read this source's landing tables and write
//! this entity, and nothing else. It runs inside a function of that role (`security definer`), in
//! which PostgreSQL refuses to change the role back. Both live inside the transaction only.

use anyhow::Context as _;
use common::config::nearest_hint;
use common::{Failure, StageContext, db};
use deadpool_postgres::Transaction;
use tokio_postgres::error::SqlState;

use crate::entity::Entity;
use crate::landing::columns_of;
use crate::source::Source;
use crate::sqltext::identifier;

/// Columns that `stage` writes itself.
const OWN_COLUMNS: [&str; 4] = ["source", "batch_id", "row_id", "loaded_at"];

/// Runs the entity's select and returns the number of rows that it staged.
///
/// # Errors
/// Exit code 2 when the select is no single select, fails, or has a column that the entity lacks.
pub(crate) async fn conform(
    ctx: &StageContext,
    tx: &mut Transaction<'_>,
    source: &Source,
    entity: &Entity,
    batch_id: i64,
) -> anyhow::Result<u64> {
    let columns = selected_columns(tx, entity).await?;
    let statement = wrap(entity, &columns);
    let role = format!("bullion_conform_{}", ctx.run_id.simple());
    let parameters: db::Parameters<'_> = &[&source.name, &batch_id, &ctx.started_at];
    let written = if may_create_roles(tx, &role).await? {
        make_function(tx, source, entity, &role, &statement).await?;
        let call = format!("select staging.{role}($1, $2, $3)");
        let written = tx.query_one(&call, parameters).await;
        let written = written.map_err(|error| refuse(entity, error))?;
        drop_role(tx, &role).await?;
        written
    } else {
        try_read_only(tx, entity).await?;
        tx.query_one(&statement, parameters)
            .await
            .map_err(|error| refuse(entity, error))?
    };
    let count: i64 = written.get(0);
    u64::try_from(count).context("a count of rows")
}

/// Prepares the select as one statement and returns the names of its columns; a select that cannot
/// run is found before anything is loaded for it.
///
/// # Errors
/// Exit code 2 when it is no single select, or has a column that the entity lacks.
pub(crate) async fn selected_columns(
    tx: &Transaction<'_>,
    entity: &Entity,
) -> anyhow::Result<Vec<String>> {
    let allowed = columns_of(tx, "staging", &entity.name).await?;
    if allowed.is_empty() {
        return Err(Failure::usage(format!(
            "`{}`: there is no entity `{}`; name the file after one of docs/DATA_MODEL.md",
            entity.path.display(),
            entity.name
        ))
        .into());
    }
    // As a subselect, so that nothing but one select gets through.
    let trial = format!("select conformed.* from (\n{}\n) as conformed", entity.sql);
    let statement = tx
        .prepare(&trial)
        .await
        .map_err(|error| refuse(entity, error))?;
    let names: Vec<String> = statement
        .columns()
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    for name in &names {
        if !allowed.contains_key(name) || OWN_COLUMNS.contains(&name.as_str()) {
            let known = allowed
                .keys()
                .map(String::as_str)
                .filter(|it| !OWN_COLUMNS.contains(it));
            let hint = nearest_hint(name, known);
            return Err(Failure::usage(format!(
                "`{}`: entity `{}` has no column `{name}`{hint}",
                entity.path.display(),
                entity.name
            ))
            .into());
        }
    }
    Ok(names)
}

fn wrap(entity: &Entity, columns: &[String]) -> String {
    // Numbered by place in the files, where the select tells it, so that "the last line" is one.
    let places = ["file_id", "source_line"];
    let order: Vec<String> = places
        .iter()
        .filter(|place| columns.iter().any(|it| it == *place))
        .map(|it| format!("conformed.{it}"))
        .collect();
    let window = if order.is_empty() {
        String::new()
    } else {
        format!("order by {}", order.join(", "))
    };
    let names: Vec<String> = columns.iter().map(|it| identifier(it)).collect();
    let values: Vec<String> = names.iter().map(|it| format!("conformed.{it}")).collect();
    format!(
        "with written as (insert into staging.{} ({}, source, batch_id, row_id, loaded_at) select \
         {}, $1::text, $2::bigint, row_number() over ({window}), $3::timestamptz from (\n{}\n) as \
         conformed returning 1) select count(*) from written",
        identifier(&entity.name),
        names.join(", "),
        values.join(", "),
        entity.sql
    )
}

/// Makes the role inside a savepoint; false where the database user may not.
async fn may_create_roles(tx: &mut Transaction<'_>, role: &str) -> anyhow::Result<bool> {
    let savepoint = tx
        .savepoint("make_role")
        .await
        .context("failed to set a savepoint")?;
    let made = savepoint
        .batch_execute(&format!(
            "create role {role} nologin; grant {role} to current_user"
        ))
        .await;
    match made {
        Ok(()) => {
            savepoint.commit().await.context("failed to keep a role")?;
            Ok(true)
        }
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            savepoint
                .rollback()
                .await
                .context("failed to return to a savepoint")?;
            Ok(false)
        }
        Err(error) => Err(error).context("failed to make a role for the source's SQL"),
    }
}

/// A function that belongs to the role, around the statement.
async fn make_function(
    tx: &Transaction<'_>,
    source: &Source,
    entity: &Entity,
    role: &str,
    statement: &str,
) -> anyhow::Result<()> {
    let mut tables = Vec::new();
    for table_name in &entity.reads {
        let name = source.landing_table(table_name);
        tables.push(format!("landing.{}", identifier(&name)));
        tables.push(format!("landing.{}", identifier(&format!("{name}__new"))));
    }
    let grants = format!(
        "grant usage on schema landing, staging to {role}; grant select on {} to {role}; grant \
         insert on staging.{} to {role}; grant create on schema staging to {role}",
        tables.join(", "),
        identifier(&entity.name)
    );
    tx.batch_execute(&grants)
        .await
        .context("failed to grant the source's SQL its tables")?;
    // The role's name holds the run's identifier, which no text of a source can know.
    let function = format!(
        "create function staging.{role}(text, bigint, timestamptz) returns bigint language sql \
         security definer set search_path = pg_catalog as ${role}${statement}${role}$"
    );
    tx.batch_execute(&function)
        .await
        .map_err(|error| refuse(entity, error))?;
    let hand_over = format!(
        "alter function staging.{role}(text, bigint, timestamptz) owner to {role}; revoke create \
         on schema staging from {role}"
    );
    tx.batch_execute(&hand_over)
        .await
        .context("failed to hand the source's SQL to its role")
}

/// What the role owns, the function, goes with it.
async fn drop_role(tx: &Transaction<'_>, role: &str) -> anyhow::Result<()> {
    tx.batch_execute(&format!("drop owned by {role}; drop role {role}"))
        .await
        .context("failed to drop the role of the source's SQL")
}

/// Where roles cannot be made, the select must at least write nothing when it is run read-only.
async fn try_read_only(tx: &mut Transaction<'_>, entity: &Entity) -> anyhow::Result<()> {
    let savepoint = tx
        .savepoint("read_only")
        .await
        .context("failed to set a savepoint")?;
    savepoint
        .batch_execute("set local transaction_read_only = on")
        .await
        .context("failed to make a trial read-only")?;
    savepoint
        .query_one(
            &format!("select count(*) from (\n{}\n) as conformed", entity.sql),
            &[],
        )
        .await
        .map_err(|error| refuse(entity, error))?;
    savepoint
        .rollback()
        .await
        .context("failed to return to a savepoint")
}

fn refuse(entity: &Entity, error: tokio_postgres::Error) -> anyhow::Error {
    let path = entity.path.display();
    let is_the_texts_fault = error
        .code()
        .is_some_and(|it| it.code().starts_with("42") || it.code().starts_with("22"));
    let error = anyhow::Error::from(error);
    if is_the_texts_fault {
        return error.context(Failure::usage(format!(
            "`{path}` is no select that makes rows of `{}`",
            entity.name
        )));
    }
    error.context(format!("failed to run `{path}`"))
}
