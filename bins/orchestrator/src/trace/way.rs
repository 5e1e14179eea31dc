//! The way back of a row: the versions of members that it points to, the rows of production that
//! it was made of, and what waited in quarantine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::{Sql, db, sql};
use deadpool_postgres::Object;
use serde::Serialize;
use uuid::Uuid;

use super::catalog::{Catalog, Table};
use super::place::{Place, Places};
use super::rows::{self, Condition, Found};

const FIND_QUARANTINE: Sql = sql!("orchestrator/find_quarantine_of_row.sql");

/// Most rows of one table in a trace; parts of an order are fewer.
const ROWS_MAX: usize = 20;

/// A row on the way back.
#[derive(Debug, Serialize)]
pub(super) struct Stop {
    pub(super) table: String,
    pub(super) key: BTreeMap<String, Option<String>>,
    pub(super) version: BTreeMap<String, Option<String>>,
    pub(super) place: Place,
}

/// A member that a fact points to.
#[derive(Debug, Serialize)]
pub(super) struct Member {
    pub(super) column: String,
    pub(super) surrogate_key: String,
    /// None for -1 unknown, -2 not applicable, -3 error.
    pub(super) row: Option<Stop>,
    /// The row that says so: of the change log, else of the entity.
    pub(super) origin: Option<Stop>,
}

/// An entry of quarantine about one of the rows.
#[derive(Debug, Serialize)]
pub(super) struct Waited {
    pub(super) quarantine_id: i64,
    pub(super) dataset: String,
    pub(super) batch_id: i64,
    pub(super) run_id: Uuid,
    pub(super) refused_by: String,
    pub(super) rules: Vec<String>,
    pub(super) severity: String,
    pub(super) status: String,
    pub(super) resolved_by: Option<String>,
    pub(super) first_seen_at: DateTime<Utc>,
    pub(super) last_seen_at: DateTime<Utc>,
}

/// All that is known of where one row of the warehouse came from.
#[derive(Debug, Serialize)]
pub(super) struct Way {
    pub(super) row: Stop,
    pub(super) members: Vec<Member>,
    pub(super) origins: Vec<Stop>,
    pub(super) places: Places,
    pub(super) quarantine: Vec<Waited>,
}

/// What is needed to follow a row.
pub(super) struct Follower<'a> {
    pub(super) client: &'a Object,
    pub(super) catalog: &'a Catalog,
    pub(super) table: &'a Table,
}

impl Follower<'_> {
    pub(super) async fn follow(&self, found: Found) -> anyhow::Result<Way> {
        let members = self.members(&found).await?;
        let mut origins = self.origins(&found).await?;
        if self.table.is_dimension() {
            let change = self.origin_of_member(self.table, &found).await?;
            origins.extend(change.filter(|it| origins.iter().all(|known| known.table != it.table)));
        }
        let own = self.table.surrogate_key.clone();
        let own = own.and_then(|it| Some((it.clone(), found.surrogates.get(&it)?.clone())));
        let mut row = stop(self.table, found);
        row.version.extend(own);
        let mut way = Way {
            row,
            members,
            origins,
            places: Places::default(),
            quarantine: Vec::new(),
        };
        let mut places: Vec<&mut Place> = vec![&mut way.row.place];
        places.extend(way.origins.iter_mut().map(|it| &mut it.place));
        for member in &mut way.members {
            places.extend(member.row.iter_mut().map(|it| &mut it.place));
            places.extend(member.origin.iter_mut().map(|it| &mut it.place));
        }
        way.places = Places::read(self.client, &mut places).await?;
        way.quarantine = self.quarantine(&way).await?;
        Ok(way)
    }

    async fn members(&self, found: &Found) -> anyhow::Result<Vec<Member>> {
        let mut members = Vec::new();
        for (column, value) in &found.surrogates {
            let is_own = self.table.surrogate_key.as_ref() == Some(column);
            let (Some(value), Some(dimension)) = (value, self.catalog.dimension_of(column)) else {
                continue;
            };
            let Some(own) = dimension.surrogate_key.as_ref().filter(|_| !is_own) else {
                continue;
            };
            let mut member = Member {
                column: column.clone(),
                surrogate_key: value.clone(),
                row: None,
                origin: None,
            };
            if !value.starts_with('-') {
                let condition = Condition {
                    column: own.clone(),
                    kind: "bigint".to_owned(),
                    value: value.clone(),
                };
                let row = rows::find(self.client, dimension, None, &[condition], 1)
                    .await?
                    .pop();
                if let Some(row) = row {
                    member.origin = self.origin_of_member(dimension, &row).await?;
                    member.row = Some(stop(dimension, row));
                }
            }
            members.push(member);
        }
        Ok(members)
    }

    /// The change that began a version, else the row of the entity itself.
    async fn origin_of_member(
        &self,
        dimension: &Table,
        row: &Found,
    ) -> anyhow::Result<Option<Stop>> {
        let entity = dimension.name.trim_start_matches("dim_");
        let began_at = row.telling.get("effective_at").cloned().flatten();
        let changes = self
            .catalog
            .find("production", &format!("{entity}_changes"));
        let (table, began_at) = match (changes, began_at) {
            (Some(changes), Some(began_at)) => (changes, Some(began_at)),
            _ => match self.catalog.find("production", entity) {
                Some(table) => (table, None),
                None => return Ok(None),
            },
        };
        let shared = table.key.iter().filter(|it| row.key.contains_key(&it.name));
        let Some(mut conditions) = row.conditions(shared) else {
            return Ok(None);
        };
        conditions.extend(began_at.map(|value| Condition {
            column: "effective_at".to_owned(),
            kind: "timestamptz".to_owned(),
            value,
        }));
        let found = rows::find(self.client, table, None, &conditions, 1)
            .await?
            .pop();
        Ok(found.map(|it| stop(table, it)))
    }

    /// Rows of production that the key of the row names, and parts of the same order. Members of
    /// dimensions are no origins: the row points to their versions.
    async fn origins(&self, found: &Found) -> anyhow::Result<Vec<Stop>> {
        let is_other_member = |table: &Table| {
            let dimension = format!("dim_{}", table.name);
            self.table.name != dimension && self.catalog.find("warehouse", &dimension).is_some()
        };
        let tables: Vec<&Table> = self
            .catalog
            .published()
            .filter(|it| !is_other_member(it))
            .collect();
        let is_named = |table: &Table| table.key.iter().all(|it| self.table.is_key(&it.name));
        let named: Vec<&Table> = tables.iter().copied().filter(|it| is_named(it)).collect();
        let is_part = |table: &Table| {
            !self.table.is_dimension()
                && named
                    .iter()
                    .any(|whole| whole.key.iter().all(|it| table.is_key(&it.name)))
        };
        let mut wanted: Vec<&Table> = tables
            .iter()
            .copied()
            .filter(|it| is_named(it) || is_part(it))
            .collect();
        if wanted.is_empty() {
            wanted.extend(self.nearest(&tables));
        }
        let mut stops = Vec::new();
        for table in wanted {
            let shared = self.table.key.iter().filter(|it| match named.is_empty() {
                true => table.has(&it.name),
                false => table.is_key(&it.name),
            });
            let Some(conditions) = found.conditions(shared) else {
                continue;
            };
            let rows = rows::find(self.client, table, None, &conditions, ROWS_MAX).await?;
            stops.extend(rows.into_iter().map(|row| stop(table, row)));
        }
        Ok(stops)
    }

    /// Of a fact that sums rows up: the table that knows most of its key.
    fn nearest<'t>(&self, tables: &[&'t Table]) -> Option<&'t Table> {
        let shared = |table: &Table| {
            let parts = self.table.key.iter().filter(|it| it.name != "source");
            parts.filter(|it| table.has(&it.name)).count()
        };
        tables
            .iter()
            .copied()
            .filter(|it| shared(it) > 0)
            .max_by_key(|it| shared(it))
    }

    async fn quarantine(&self, way: &Way) -> anyhow::Result<Vec<Waited>> {
        let mut found: Vec<Waited> = Vec::new();
        for origin in &way.origins {
            let Some(source) = origin.key.get("source").cloned().flatten() else {
                continue;
            };
            let file = origin
                .place
                .file_id
                .and_then(|it| way.places.files.get(&it));
            let path = file.map(|it| it.path.as_str());
            let entity = origin.table.trim_start_matches("production.");
            let parameters: db::Parameters<'_> = &[
                &source,
                &entity,
                &self.written_keys(origin),
                &path,
                &origin.place.source_line,
            ];
            for row in db::rows(self.client, FIND_QUARANTINE, parameters).await? {
                let entry = Waited {
                    quarantine_id: row.try_get("quarantine_id")?,
                    dataset: row.try_get("dataset")?,
                    batch_id: row.try_get("batch_id")?,
                    run_id: row.try_get("run_id")?,
                    refused_by: row.try_get("stage")?,
                    rules: row.try_get("rules")?,
                    severity: row.try_get("severity")?,
                    status: row.try_get("status")?,
                    resolved_by: row.try_get("resolved_by")?,
                    first_seen_at: row.try_get("first_seen_at")?,
                    last_seen_at: row.try_get("last_seen_at")?,
                };
                if found
                    .iter()
                    .all(|it| it.quarantine_id != entry.quarantine_id)
                {
                    found.push(entry);
                }
            }
        }
        found.sort_by_key(|it| it.quarantine_id);
        Ok(found)
    }

    /// A key as `quality` writes it: the columns of the contract's key, which may be fewer than
    /// those of the table's, which holds its column of distribution too.
    fn written_keys(&self, origin: &Stop) -> Vec<String> {
        let name = origin.table.trim_start_matches("production.");
        let Some(table) = self.catalog.find("production", name) else {
            return Vec::new();
        };
        let parts: Vec<String> = table
            .asked()
            .iter()
            .filter_map(|it| origin.key.get(&it.name).cloned().flatten())
            .collect();
        let whole = parts.join("/");
        let source = origin
            .key
            .get("source")
            .cloned()
            .flatten()
            .unwrap_or_default();
        let mut keys = vec![format!("{source}/{whole}"), whole];
        if !table.is_key("transaction_id") {
            keys.extend(parts.last().cloned());
        }
        keys
    }
}

/// Keys are shown where they identify; the places of a dimension of places may be a person's.
fn is_shown(column: &str) -> bool {
    const NAMES: [&str; 7] = [
        "source",
        "country",
        "effective_at",
        "full_date",
        "load_sequence",
        "payment_method_name",
        "valid_from",
    ];
    const ENDINGS: [&str; 6] = ["_date", "_id", "_key", "_number", "_sequence", "_type"];
    NAMES.contains(&column) || ENDINGS.iter().any(|it| column.ends_with(it))
}

fn stop(table: &Table, mut row: Found) -> Stop {
    row.key.retain(|column, _| is_shown(column));
    Stop {
        table: format!("{}.{}", table.schema, table.name),
        key: row.key,
        version: row.telling,
        place: row.place,
    }
}
