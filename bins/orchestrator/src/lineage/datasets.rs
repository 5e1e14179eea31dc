//! What a program read and wrote: from the ledger, its report and the catalog.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Sql, StageContext, StageReport, db, sql};
use deadpool_postgres::Object;
use serde_json::{Map, Value, json};

use super::event::facet;

const LIST_FILES: Sql = sql!("orchestrator/list_files_of_run.sql");
const LIST_TABLES: Sql = sql!("orchestrator/list_tables_of_run.sql");
const LIST_ASSERTIONS: Sql = sql!("orchestrator/list_assertions_of_run.sql");
const LIST_KEYED_TABLES: Sql = sql!("orchestrator/list_keyed_tables.sql");
const LIST_INPUTS_OF_VIEWS: Sql = sql!("orchestrator/list_inputs_of_views.sql");
const LIST_COLUMNS: Sql = sql!("orchestrator/list_columns_of_relations.sql");

/// More raw files than this are told of by their folders.
const FILES_MAX: i64 = 100;

/// How tables are named to others.
pub(super) struct Naming {
    /// Such as `postgres://db:5432`.
    pub(super) namespace: String,
    pub(super) database: String,
}

/// Datasets by their names, with facets of their role.
#[derive(Default)]
pub(super) struct Datasets {
    tables: BTreeMap<String, Value>,
    files: BTreeMap<PathBuf, Value>,
}

/// What the program read and what it wrote, in the order of `inputs`, `outputs`.
pub(super) async fn of_stage(
    ctx: &StageContext,
    client: &Object,
    naming: &Naming,
    data: Option<&Path>,
    stage: &str,
    report: Option<&StageReport>,
) -> anyhow::Result<(Value, Value)> {
    let mut inputs = Datasets::default();
    let mut outputs = Datasets::of_report(ctx, report);
    match stage {
        "stage" => {
            inputs.add_files(ctx, client, data).await?;
            for (relation, rows) in staged(client, &[&Some(ctx.run_id), &NO_TIME]).await? {
                outputs
                    .tables
                    .insert(relation, json!({ "outputFacets": statistics(rows) }));
            }
        }
        "quality" => inputs.add_assertions(ctx, client).await?,
        "production" => {
            let parameters: db::Parameters<'_> = &[&NO_RUN, &Some(ctx.started_at)];
            for (relation, _) in staged(client, parameters).await? {
                inputs.tables.insert(relation, json!({}));
            }
        }
        "warehouse" => {
            for row in db::rows(client, LIST_KEYED_TABLES, &[]).await? {
                let columns: Vec<String> = row.try_get("all_columns")?;
                let (schema, name): (String, String) =
                    (row.try_get("schema_name")?, row.try_get("table_name")?);
                if schema == "production" && columns.iter().any(|it| it == "batch_id") {
                    inputs.tables.insert(format!("{schema}.{name}"), json!({}));
                }
            }
        }
        "analytics" => {
            for row in db::rows(client, LIST_INPUTS_OF_VIEWS, &[]).await? {
                inputs.tables.insert(row.try_get("relation")?, json!({}));
            }
        }
        _ => {}
    }
    Ok((
        inputs.finish(client, naming).await?,
        outputs.finish(client, naming).await?,
    ))
}

const NO_RUN: Option<uuid::Uuid> = None;
const NO_TIME: Option<chrono::DateTime<chrono::Utc>> = None;

async fn staged(
    client: &Object,
    parameters: db::Parameters<'_>,
) -> anyhow::Result<Vec<(String, u64)>> {
    let rows = db::rows(client, LIST_TABLES, parameters).await?;
    rows.iter()
        .map(|row| {
            let count: i64 = row.try_get("row_count")?;
            Ok((row.try_get("relation")?, u64::try_from(count)?))
        })
        .collect()
}

fn statistics(rows: u64) -> Value {
    json!({
        "outputStatistics": facet(
            "OutputStatisticsOutputDatasetFacet", "1-0-2", json!({ "rowCount": rows })
        ),
    })
}

impl Datasets {
    /// What a program says it wrote to: tables, and files below the data folder.
    fn of_report(ctx: &StageContext, report: Option<&StageReport>) -> Self {
        let mut found = Self::default();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for step in report.into_iter().flat_map(|it| &it.steps) {
            let Some(relation) = step.relation.as_deref() else {
                continue;
            };
            *counts.entry(relation).or_default() += step.rows.inserted + step.rows.updated;
        }
        for (relation, count) in counts {
            let path = ctx.config.paths.data_dir.join(relation);
            if relation.contains('/') && path.is_file() {
                found.files.insert(path, json!({}));
            } else if !relation.contains('/') {
                let facets = json!({ "outputFacets": statistics(count) });
                found.tables.insert(relation.to_owned(), facets);
            }
        }
        found
    }

    async fn add_files(
        &mut self,
        ctx: &StageContext,
        client: &Object,
        data: Option<&Path>,
    ) -> anyhow::Result<()> {
        for row in db::rows(client, LIST_FILES, &[&ctx.run_id, &FILES_MAX]).await? {
            let (source, path): (String, String) = (row.try_get("source")?, row.try_get("path")?);
            let (rows, bytes): (i64, i64) = (row.try_get("rows_read")?, row.try_get("bytes")?);
            let folder = data.map_or_else(
                || ctx.config.paths.raw_dir().join(&source),
                Path::to_path_buf,
            );
            if row.try_get::<_, i64>("file_count")? > FILES_MAX {
                self.files.insert(folder, json!({}));
                continue;
            }
            let counted = facet(
                "InputStatisticsInputDatasetFacet",
                "1-0-0",
                json!({ "rowCount": rows, "size": bytes, "fileCount": 1 }),
            );
            let facets = json!({ "inputFacets": { "inputStatistics": counted } });
            self.files.insert(folder.join(path), facets);
        }
        Ok(())
    }

    async fn add_assertions(&mut self, ctx: &StageContext, client: &Object) -> anyhow::Result<()> {
        let mut by_dataset: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for row in db::rows(client, LIST_ASSERTIONS, &[&ctx.started_at]).await? {
            let (elements, unexpected): (i64, i64) = (
                row.try_get("element_count")?,
                row.try_get("unexpected_count")?,
            );
            let mut assertion = json!({
                "assertion": row.try_get::<_, String>("assertion")?,
                "name": row.try_get::<_, String>("check_id")?,
                "success": row.try_get::<_, bool>("is_passed")?,
                "severity": row.try_get::<_, String>("severity")?,
                "actual": format!("{unexpected} of {elements} rows"),
            });
            if let Some(column) = row.try_get::<_, Option<String>>("column_name")? {
                assertion["column"] = json!(column);
            }
            let dataset: String = row.try_get("dataset")?;
            by_dataset.entry(dataset).or_default().push(assertion);
        }
        for (dataset, assertions) in by_dataset {
            let judged = facet(
                "DataQualityAssertionsDatasetFacet",
                "1-1-0",
                json!({ "assertions": assertions }),
            );
            let facets = json!({ "inputFacets": { "dataQualityAssertions": judged } });
            self.tables.insert(format!("staging.{dataset}"), facets);
        }
        Ok(())
    }

    /// Names of others' world, and columns from the catalog; what is no table there is left out.
    async fn finish(self, client: &Object, naming: &Naming) -> anyhow::Result<Value> {
        let names: Vec<&str> = self.tables.keys().map(String::as_str).collect();
        let mut columns: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for row in db::rows(client, LIST_COLUMNS, &[&names]).await? {
            let mut column = Map::new();
            column.insert(
                "name".to_owned(),
                json!(row.try_get::<_, String>("column_name")?),
            );
            column.insert(
                "type".to_owned(),
                json!(row.try_get::<_, String>("type_name")?),
            );
            if let Some(text) = row.try_get::<_, Option<String>>("description")? {
                column.insert("description".to_owned(), json!(text));
            }
            let relation: String = row.try_get("relation")?;
            columns
                .entry(relation)
                .or_default()
                .push(Value::Object(column));
        }
        let mut datasets = Vec::new();
        for (relation, mut dataset) in self.tables {
            let Some(fields) = columns.remove(&relation) else {
                continue;
            };
            dataset["namespace"] = json!(naming.namespace);
            dataset["name"] = json!(format!("{}.{relation}", naming.database));
            let schema = facet("SchemaDatasetFacet", "1-2-0", json!({ "fields": fields }));
            dataset["facets"] = json!({ "schema": schema });
            datasets.push(dataset);
        }
        for (path, mut dataset) in self.files {
            let path = std::path::absolute(&path).unwrap_or(path);
            dataset["namespace"] = json!("file");
            dataset["name"] = json!(path.display().to_string());
            datasets.push(dataset);
        }
        Ok(Value::Array(datasets))
    }
}
